package org.thirdmode.vmx.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.thirdmode.vmx.entry.VmcsView;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.dump.DumpError;

class FieldLines {
    @Test
    void aFieldIsNamedByConstantByTheManualsWordsByEncodingOrAsLinuxNamesIt() {
        VmcsView vmcs = VmcsDump.read("""
                # a comment
                GUEST_RIP = 0xfff0
                guest cr3: 1000H           # the manual's words
                0x6820 = 2
                Virtual-processor identifier (VPID) = 7
                GUEST_CS_AR_BYTES = 0x9b

                EPT pointer = 0x1_0000_001e
                HOST_RIP = ?
                """).vmcs();
        assertEquals(0xfff0, vmcs.get(VmcsField.GUEST_RIP));
        assertEquals(0x1000, vmcs.get(VmcsField.GUEST_CR3));
        assertEquals(2, vmcs.get(VmcsField.GUEST_RFLAGS));
        assertEquals(7, vmcs.get(VmcsField.VPID));
        assertEquals(0x9b, vmcs.get(VmcsField.GUEST_CS_ACCESS_RIGHTS));
        assertEquals(0x1_0000_001eL, vmcs.get(VmcsField.EPT_POINTER));
        assertFalse(vmcs.knows(VmcsField.HOST_RIP));
        assertEquals(6, vmcs.size());
    }

    @Test
    void everyFieldIsReadByItsNameAndByItsTitle() {
        Random random = new Random(1);
        StringBuilder names = new StringBuilder();
        StringBuilder titles = new StringBuilder();
        for (VmcsField field : VmcsField.all()) {
            String value = field.hex(random.nextLong() & field.mask);
            names.append(field.name()).append(" = ").append(value).append('\n');
            titles.append(field.title).append(" = ").append(value).append('\n');
        }
        VmcsView byName = VmcsDump.read(names.toString()).vmcs();
        VmcsView byTitle = VmcsDump.read(titles.toString()).vmcs();
        assertEquals(VmcsField.all().size(), byName.size());
        VmcsField.all().forEach(field -> assertEquals(byName.get(field), byTitle.get(field), field.title));
    }

    @Test
    void aMistakeIsToldWithItsLine() {
        tells("line 1: 'GUEST_RIPP': expected a field of the VMCS", "GUEST_RIPP = 1");
        tells("line 2: 'GUEST_RIP 5': expected FIELD = value", "VPID = 1\nGUEST_RIP 5");
        tells("line 1: '0x10000': expected a value of 16 bits, hexadecimal", "VPID = 0x10000");
        tells("line 1: 'ten': expected a value of 64 bits", "GUEST_RIP = ten");
        tells("line 1: '99999999999999999999': expected a value", "GUEST_RIP = 99999999999999999999");
        tells("line 3: 'VPID = 2': expected VPID once; line 1 gives it already", "VPID = 1\n\nVPID = 2");
        tells("line 1: '0x2001': expected a field", "0x2001 = 1");
        tells("no VMCS in it: expected lines `FIELD = value`, or the log", "# nothing\n");
        tells("no VMCS in it", "");
    }

    @Test
    void anyTextIsReadOrRefusedInOneLine() {
        Random random = new Random(2);
        String alphabet = "GUEST_RIP= :0x19afh?#\n*,()[]>XEN ";
        for (int n = 0; n < 3000; n++) {
            StringBuilder text = new StringBuilder(n % 3 == 0 ? "*** Guest State ***\n" : "");
            for (int length = random.nextInt(80); length > 0; length--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                VmcsDump.read(text.toString());
            } catch (DumpError e) {
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            }
        }
    }

    private static void tells(String words, String text) {
        String message =
                assertThrows(DumpError.class, () -> VmcsDump.read(text)).getMessage();
        assertTrue(message.startsWith(words), message);
        assertEquals(1, message.lines().count());
    }
}
