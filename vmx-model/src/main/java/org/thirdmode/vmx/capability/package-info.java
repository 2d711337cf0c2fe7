/**
 * Which of VMX a processor has. {@link org.thirdmode.vmx.capability.VmxCapabilities} is what the capability MSRs tell and
 * what VM entry checks against; {@link org.thirdmode.vmx.capability.VmxProfile} gives one for each named processor, or reads
 * that of an imaginary one from a file. {@link org.thirdmode.vmx.capability.VmxFeature} lists all that can be had or lacked,
 * {@code Dependency} what cannot be without what, and {@code Implemented} what the model does: the rest it does not offer.
 */
package org.thirdmode.vmx.capability;
