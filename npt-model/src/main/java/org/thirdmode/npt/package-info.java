/**
 * The second dimension of address translation, in hardware: guest-physical to host-physical by EPT (SDM 3C "The Extended
 * Page Table Mechanism (EPT)") and by nested paging (APM 2 "Nested Paging"), behind the second-stage port of
 * {@code x86.paging}.
 */
package org.thirdmode.npt;
