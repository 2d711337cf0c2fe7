package org.thirdmode.testkit.control;

import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import org.thirdmode.svm.check.CheckLimits;
import org.thirdmode.svm.check.RandomVmcbs;
import org.thirdmode.svm.check.VmrunCheck;
import org.thirdmode.svm.check.VmrunChecks;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.entry.ValidVmcs;
import org.thirdmode.vmx.entry.Violations;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/** Random VMCSs and VMCBs: valid, and invalid in exactly one check. SDM 3C "VM Entries"; APM 2 "Canonicalization and Consistency Checks". */
public final class ControlStructures {
    private static final List<VmxCapabilities> PROCESSORS =
            VmxProfile.named().values().stream().map(VmxProfile::modelled).toList();
    private static final Map<String, Violations.Case> VIOLATIONS = Violations.byCheck();
    private static final List<String> VIOLATED = List.copyOf(VIOLATIONS.keySet());

    // Where a VMCB's things are in memory.
    private static final long IOPM = 0x3_4000;
    private static final long MSRPM = 0x3_8000;
    private static final long TABLES = 0x4_0000;
    private static final long NESTED_TABLES = 0x4_8000;
    private static final int WIDTH = 40;
    private static final int CODE64 = 0xa9b;
    private static final int DATA32 = 0xc93;

    private static final RandomVmcbs VMCBS = new RandomVmcbs(base(), IOPM, MSRPM, NESTED_TABLES);

    /** What is beside the VMCB: a 64-bit host with paging, on a processor that has all that the manual names. */
    public static final CheckLimits LIMITS = CheckLimits.ofAnyProcessor(WIDTH);

    /** Checks that a 64-bit host with paging cannot violate by a VMCB. */
    private static final List<String> OUT_OF_REACH = List.of("efer.long-mode", "np.host-paging");

    private static final List<VmrunCheck> VMRUN_CHECKS = VmrunChecks.rows().stream()
            .filter(check -> !OUT_OF_REACH.contains(check.id()))
            .toList();

    private ControlStructures() {}

    // ---- Intel ----

    /** VMCSs with which a VM entry succeeds: of every shape of guest and every processor of the project. */
    public static Arbitrary<ValidVmcs> validVmcs() {
        return Arbitraries.randomValue(ControlStructures::validVmcs);
    }

    /** VMCSs with which it fails, by one check each. */
    public static Arbitrary<InvalidVmcs> invalidVmcs() {
        return Arbitraries.randomValue(ControlStructures::invalidVmcs);
    }

    /** The ids of the checks of {@link #invalidVmcs}. */
    public static List<String> vmcsChecks() {
        return VIOLATED;
    }

    static ValidVmcs validVmcs(Random random) {
        VmxCapabilities processor = PROCESSORS.get(random.nextInt(PROCESSORS.size()));
        List<ValidVmcs.Shape> shapes = ValidVmcs.shapes(processor);
        return new ValidVmcs(random, processor, shapes.get(random.nextInt(shapes.size())));
    }

    static InvalidVmcs invalidVmcs(Random random) {
        String check = VIOLATED.get(random.nextInt(VIOLATED.size()));
        return new InvalidVmcs(check, VIOLATIONS.get(check).make(random));
    }

    // ---- AMD ----

    /** VMCBs that VMRUN enters, under {@link #LIMITS}. */
    public static Arbitrary<VmcbImage> validVmcbs() {
        return Arbitraries.randomValue(VMCBS::valid);
    }

    /** VMCBs with which it ends in VMEXIT_INVALID, by one check each. */
    public static Arbitrary<InvalidVmcb> invalidVmcbs() {
        return Arbitraries.randomValue(ControlStructures::invalidVmcb);
    }

    /** The ids of the checks of {@link #invalidVmcbs}. */
    public static List<String> vmcbChecks() {
        return VMRUN_CHECKS.stream().map(VmrunCheck::id).toList();
    }

    static VmcbImage validVmcb(Random random) {
        return VMCBS.valid(random);
    }

    static InvalidVmcb invalidVmcb(Random random) {
        String check = VMRUN_CHECKS.get(random.nextInt(VMRUN_CHECKS.size())).id();
        VmcbImage vmcb = VMCBS.valid(random);
        VMCBS.violate(check, vmcb, random);
        return new InvalidVmcb(check, vmcb);
    }

    /** A guest in 64-bit mode that is intercepted at VMMCALL. */
    private static VmcbImage base() {
        VmcbImage image = new VmcbImage();
        for (VmcbField field : VmcbField.values()) {
            if (field.scalar()) {
                image.set(field, 0);
            }
        }
        image.set(VmcbField.INTERCEPT_MISC2, 3);
        image.set(VmcbField.IOPM_BASE_PA, IOPM);
        image.set(VmcbField.MSRPM_BASE_PA, MSRPM);
        image.set(VmcbField.GUEST_ASID, 1);
        image.set(VmcbField.CS_SELECTOR, 8);
        image.set(VmcbField.CS_ATTRIBUTES, CODE64);
        image.set(VmcbField.CS_LIMIT, 0xffff_ffffL);
        image.set(VmcbField.SS_SELECTOR, 16);
        image.set(VmcbField.SS_ATTRIBUTES, DATA32);
        image.set(VmcbField.SS_LIMIT, 0xffff_ffffL);
        image.set(VmcbField.EFER, Efer.LME | Efer.LMA | Efer.NXE | Efer.SCE | Efer.SVME);
        image.set(VmcbField.CR0, Cr0.PE | Cr0.PG | Cr0.ET | Cr0.NE | Cr0.WP);
        image.set(VmcbField.CR3, TABLES);
        image.set(VmcbField.CR4, Cr4.PAE);
        image.set(VmcbField.DR6, 0xffff_0ff0L);
        image.set(VmcbField.DR7, 0x400);
        image.set(VmcbField.RFLAGS, 2);
        return image;
    }
}
