/** The guest's side: its memory through the slots, and the walk of its tables in software. */
package org.thirdmode.shadow.guest;
