/** Guest time: it advances with retired instructions and with idle skips, never with the host's clock. */
package org.thirdmode.x86.time;
