/** What went wrong, drawn: the guest's tables and the hardware's side by side, in text. */
package org.thirdmode.testkit.picture;
