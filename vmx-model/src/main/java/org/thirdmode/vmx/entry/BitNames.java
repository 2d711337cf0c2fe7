package org.thirdmode.vmx.entry;

import static org.thirdmode.vmx.vmcs.VmcsField.ENTRY_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR0;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CR4;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ES_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_FS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_IA32_EFER;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_INTERRUPTIBILITY_STATE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_RFLAGS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_CR0;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_CR4;
import static org.thirdmode.vmx.vmcs.VmcsField.HOST_IA32_EFER;
import static org.thirdmode.vmx.vmcs.VmcsField.PIN_BASED_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.PRIMARY_EXIT_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.SECONDARY_EXIT_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_FUNCTION_CONTROLS;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryExitControls;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.TertiaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmFunctions;
import org.thirdmode.vmx.vmcs.VmcsField;

/** What the manual calls the bits of a field. */
public final class BitNames {
    private static final String[] CR0 = new String[32];
    private static final String[] CR4 = new String[32];
    private static final String[] RFLAGS = new String[22];
    private static final String[] EFER = new String[13];
    private static final String[] RIGHTS = new String[17];
    private static final String[] PENDING = new String[17];
    private static final String[] DEBUGCTL = {"LBR", "BTF"};
    private static final String[] BLOCKING = {
        "blocking by STI", "blocking by MOV SS", "blocking by SMI", "blocking by NMI", "enclave interruption"
    };

    static {
        name(CR0, "0 PE 1 MP 2 EM 3 TS 4 ET 5 NE 16 WP 18 AM 29 NW 30 CD 31 PG");
        name(
                CR4,
                "0 VME 1 PVI 2 TSD 3 DE 4 PSE 5 PAE 6 MCE 7 PGE 8 PCE 9 OSFXSR 10 OSXMMEXCPT 11 UMIP 12 LA57 13 VMXE 14 SMXE"
                        + " 16 FSGSBASE 17 PCIDE 18 OSXSAVE 19 KL 20 SMEP 21 SMAP 22 PKE 23 CET 24 PKS 25 UINTR 27 LASS 28"
                        + " LAM_SUP");
        name(
                RFLAGS,
                "0 CF 2 PF 4 AF 6 ZF 7 SF 8 TF 9 IF 10 DF 11 OF 12 IOPL 13 IOPL 14 NT 16 RF 17 VM 18 AC 19 VIF 20 VIP 21 ID");
        name(EFER, "0 SCE 8 LME 10 LMA 11 NXE 12 SVME");
        name(PENDING, "0 B0 1 B1 2 B2 3 B3 14 BS 16 RTM");
        PENDING[12] = "enabled breakpoint";
        name(RIGHTS, "4 S 5 DPL 6 DPL 7 P 12 AVL 13 L 14 D/B 15 G 16 unusable");
    }

    private BitNames() {}

    private static void name(String[] table, String pairs) {
        String[] words = pairs.split(" ");
        for (int n = 0; n < words.length; n += 2) {
            table[Integer.parseInt(words[n])] = words[n + 1];
        }
    }

    /** The name of a bit, or null. Controls are in quotes, as in the manual. */
    public static String of(VmcsField field, int bit) {
        for (ControlBit control : controls(field)) {
            if (control.bit() == bit) {
                return "\"" + control.title() + "\"";
            }
        }
        String[] names = table(field);
        return bit < names.length ? names[bit] : null;
    }

    private static String[] table(VmcsField field) {
        return switch (field) {
            case GUEST_CR0, HOST_CR0 -> CR0;
            case GUEST_CR4, HOST_CR4 -> CR4;
            case GUEST_RFLAGS -> RFLAGS;
            case GUEST_IA32_EFER, HOST_IA32_EFER -> EFER;
            case GUEST_INTERRUPTIBILITY_STATE -> BLOCKING;
            case GUEST_PENDING_DEBUG_EXCEPTIONS -> PENDING;
            case GUEST_IA32_DEBUGCTL -> DEBUGCTL;
            case GUEST_ES_ACCESS_RIGHTS,
                    GUEST_CS_ACCESS_RIGHTS,
                    GUEST_SS_ACCESS_RIGHTS,
                    GUEST_DS_ACCESS_RIGHTS,
                    GUEST_FS_ACCESS_RIGHTS,
                    GUEST_GS_ACCESS_RIGHTS,
                    GUEST_LDTR_ACCESS_RIGHTS,
                    GUEST_TR_ACCESS_RIGHTS -> RIGHTS;
            default -> new String[0];
        };
    }

    private static ControlBit[] controls(VmcsField field) {
        return switch (field) {
            case PIN_BASED_CONTROLS -> PinBased.values();
            case PRIMARY_PROCESSOR_BASED_CONTROLS -> PrimaryProcessorBased.values();
            case SECONDARY_PROCESSOR_BASED_CONTROLS -> SecondaryProcessorBased.values();
            case TERTIARY_PROCESSOR_BASED_CONTROLS -> TertiaryProcessorBased.values();
            case PRIMARY_EXIT_CONTROLS -> ExitControls.values();
            case SECONDARY_EXIT_CONTROLS -> SecondaryExitControls.values();
            case ENTRY_CONTROLS -> EntryControls.values();
            case VM_FUNCTION_CONTROLS -> VmFunctions.values();
            default -> new ControlBit[0];
        };
    }

    /** A bit in words: {@code bit 13 (VMXE)}. */
    public static String words(VmcsField field, int bit) {
        String name = of(field, bit);
        return name == null ? "bit " + bit : "bit " + bit + " (" + name + ")";
    }

    /** Bits as ranges: {@code 15, 11:8, 3}. */
    public static String ranges(long mask) {
        List<String> parts = new ArrayList<>();
        for (int high = 63; high >= 0; high--) {
            if (((mask >>> high) & 1) != 0) {
                int low = high;
                while (low > 0 && ((mask >>> (low - 1)) & 1) != 0) {
                    low--;
                }
                parts.add(low == high ? "" + high : high + ":" + low);
                high = low;
            }
        }
        return String.join(", ", parts);
    }
}
