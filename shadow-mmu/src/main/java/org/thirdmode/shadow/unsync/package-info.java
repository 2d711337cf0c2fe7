/** 2008: the guest may write its page tables; they are looked at again when the guest flushes. */
package org.thirdmode.shadow.unsync;
