package org.thirdmode.x86.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;

/** SDM 3A "Invalidation of TLBs and Paging-Structure Caches". */
class InvalidationOfTheCodeInExecution {
    private static final long SECOND_PAGE_DIRECTORY_ENTRY = TestProcessors.RAM - 0x1000 + 8;
    private static final long ALIAS = 0x20_0000;

    @Test
    void anInstructionAfterInvlpgOfItsOwnPageIsFetchedAnew() {
        Processor cpu = TestProcessors.flat64();
        cpu.memory.write(SECOND_PAGE_DIRECTORY_ENTRY, 8, 0xe7);
        // MOV [RBX], RCX; INVLPG [RDI]; INC RAX
        cpu.memory.load(0x1000, HexFormat.of().parseHex("48890b" + "0f013f" + "48ffc0"));
        cpu.state.r[CpuState.RBX] = SECOND_PAGE_DIRECTORY_ENTRY;
        cpu.state.r[CpuState.RDI] = ALIAS + 0x1000;
        cpu.state.rip = ALIAS + 0x1000;
        cpu.run(cpu.now() + 3);
        assertEquals(0, cpu.state.r[CpuState.RAX]);
        assertEquals(ALIAS + 0x1006, cpu.state.cr2);
    }
}
