package org.thirdmode.svm.exec;

import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.SvmProfile;
import org.thirdmode.svm.vmcb.VmcbField;

/**
 * The virtual interrupt of a guest and its task priority: the field at 060H while the guest runs. APM 2 "Virtual
 * Interrupts", "Virtualizing STGI and CLGI".
 *
 * <pre>
 *   25 V_GIF_ENABLE   24 V_INTR_MASKING   20 V_IGN_TPR   19:16 V_INTR_PRIO   9 V_GIF   8 V_IRQ   7:0 V_TPR
 * </pre>
 */
final class VirtualInterrupts {
    private static final long TPR = 0xff;
    private static final long IRQ = 1 << 8;
    private static final long GIF = 1 << 9;
    private static final long IGNORE_TPR = 1 << 20;
    private static final long MASKING = 1 << 24;
    private static final long GIF_ENABLE = 1 << 25;
    private static final int PRIORITY_SHIFT = 16;

    private final boolean hasVirtualGif;
    private long control;
    private int vector;

    VirtualInterrupts(SvmProfile profile) {
        hasVirtualGif = profile.has(SvmFeature.VGIF);
    }

    void load(LoadedVmcb loaded) {
        control = loaded.get(VmcbField.INTERRUPT_CONTROL);
        vector = (int) loaded.get(VmcbField.V_INTR_VECTOR) & 0xff;
    }

    /** The field as #VMEXIT writes it back. */
    long control() {
        return control;
    }

    int vector() {
        return vector;
    }

    /** V_INTR_MASKING: RFLAGS.IF and CR8 of the guest concern virtual interrupts only. */
    boolean masking() {
        return (control & MASKING) != 0;
    }

    /** CR8 of the guest, where {@link #masking}. */
    int taskPriority() {
        return (int) control & 0xf;
    }

    void setTaskPriority(int value) {
        control = (control & ~TPR) | (value & 0xf);
    }

    boolean gifVirtualized() {
        return hasVirtualGif && (control & GIF_ENABLE) != 0;
    }

    void setGif(boolean set) {
        control = set ? control | GIF : control & ~GIF;
    }

    /** Whether the virtual interrupt could be taken but for RFLAGS.IF and the interrupt shadow. */
    boolean ready() {
        if ((control & IRQ) == 0 || (gifVirtualized() && (control & GIF) == 0)) {
            return false;
        }
        int priority = (int) (control >>> PRIORITY_SHIFT) & 0xf;
        return (control & IGNORE_TPR) != 0 || priority > taskPriority();
    }

    /** The virtual interrupt is taken. */
    void taken() {
        control &= ~IRQ;
    }
}
