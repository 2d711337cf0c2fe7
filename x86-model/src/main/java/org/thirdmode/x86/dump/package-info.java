/**
 * What the readers of dumps share: lines of fields and values ({@link org.thirdmode.x86.dump.FieldLines}), and the one line
 * that says what is wrong ({@link org.thirdmode.x86.dump.DumpError}). Which fields there are is for the VMCS's and the VMCB's
 * own readers, in {@code vmx.dump} and {@code svm.dump}.
 */
package org.thirdmode.x86.dump;
