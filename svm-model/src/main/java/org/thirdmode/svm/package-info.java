/**
 * AMD SVM as a state machine: the VMCB, VMRUN, intercepts and #VMEXIT. APM 2 "Secure Virtual Machine".
 */
package org.thirdmode.svm;
