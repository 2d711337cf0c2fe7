/** The address map of the board: {@link org.thirdmode.pc.memory.MemoryLayout} says where RAM lies. */
package org.thirdmode.pc.memory;
