/**
 * Which processor the model is. {@link org.thirdmode.x86.profile.CpuProfile} names it and its features, {@link
 * org.thirdmode.x86.profile.Feature} is the table of CPUID's feature flags, {@link org.thirdmode.x86.profile.Cpuid} the
 * leaves computed from both.
 */
package org.thirdmode.x86.profile;
