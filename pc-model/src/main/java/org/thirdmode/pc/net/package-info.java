/**
 * What is at the other end of the machine's network cable: {@link org.thirdmode.pc.net.Neighbour}, a host with an address and
 * no services. The card is {@link org.thirdmode.pc.virtio.VirtioNetwork}.
 */
package org.thirdmode.pc.net;
