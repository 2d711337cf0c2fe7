/** What must always hold, to be read and to be checked, slowly. */
package org.thirdmode.shadow.spec;
