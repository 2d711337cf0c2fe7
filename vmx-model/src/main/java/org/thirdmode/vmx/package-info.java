/**
 * Intel VMX as a state machine: the VMCS, the VMX instructions, VM entry and VM exit. SDM 3C "Introduction to Virtual
 * Machine Extensions" and the chapters after it.
 */
package org.thirdmode.vmx;
