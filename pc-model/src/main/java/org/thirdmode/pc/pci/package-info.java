/**
 * PCI: {@link org.thirdmode.pc.pci.PciBus} answers configuration mechanism 1, {@link org.thirdmode.pc.pci.PciFunction} is one
 * function with its 256 bytes of configuration space and base address registers; the chips of an i440FX board are in {@link
 * org.thirdmode.pc.pci.Chipset}.
 */
package org.thirdmode.pc.pci;
