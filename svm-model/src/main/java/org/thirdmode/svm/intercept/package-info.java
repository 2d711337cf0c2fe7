/**
 * What a VMCB can intercept and how a #VMEXIT says so: {@link org.thirdmode.svm.intercept.InterceptTable} has a row for
 * each bit of the intercept vectors, {@link org.thirdmode.svm.intercept.ExitTable} one for each exit code.
 */
package org.thirdmode.svm.intercept;
