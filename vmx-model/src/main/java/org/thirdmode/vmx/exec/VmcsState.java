package org.thirdmode.vmx.exec;

import java.util.ArrayList;
import java.util.List;

/**
 * The life cycle of one VMCS X: its states and what moves it from one to another. SDM 3C "Basic VMM Operations on the VMCS"
 * and the figure "States of VMCS X".
 *
 * <p>What is not named here ("anything else") leaves a VMCS in its state. "Launched" is kept in the region, "current" by the
 * processor; "active" means that a processor may hold some of it outside its region: this one never does, so the states that
 * differ only in this are the same to it.
 */
public enum VmcsState {
    INACTIVE_CLEAR("inactive, not current, clear"),
    ACTIVE_CLEAR("active, not current, clear"),
    CURRENT_CLEAR("active, current, clear"),
    ACTIVE_LAUNCHED("active, not current, launched"),
    CURRENT_LAUNCHED("active, current, launched");

    /** What software does to a VMCS, or to another. */
    public enum Event {
        VMCLEAR_X("VMCLEAR X"),
        VMPTRLD_X("VMPTRLD X"),
        VMPTRLD_Y("VMPTRLD Y"),
        VMLAUNCH("VMLAUNCH"),
        VMRESUME("VMRESUME");

        /** As the manual's figure labels it. */
        public final String title;

        Event(String title) {
            this.title = title;
        }
    }

    /** The state in words. */
    public final String title;

    VmcsState(String title) {
        this.title = title;
    }

    public boolean current() {
        return this == CURRENT_CLEAR || this == CURRENT_LAUNCHED;
    }

    public boolean launched() {
        return this == ACTIVE_LAUNCHED || this == CURRENT_LAUNCHED;
    }

    /** The state of a VMCS whose region and processor say this of it. */
    public static VmcsState of(boolean current, boolean launched) {
        return current ? launched ? CURRENT_LAUNCHED : CURRENT_CLEAR : launched ? ACTIVE_LAUNCHED : ACTIVE_CLEAR;
    }

    /** Whether VM entry by this instruction (VMLAUNCH or VMRESUME) is allowed in this state. */
    public boolean allows(Event entry) {
        return switch (entry) {
            case VMLAUNCH -> this == CURRENT_CLEAR;
            case VMRESUME -> this == CURRENT_LAUNCHED;
            default -> true;
        };
    }

    /** The state after an event that succeeded. */
    public VmcsState after(Event event) {
        return switch (event) {
            case VMCLEAR_X -> INACTIVE_CLEAR;
            case VMPTRLD_X -> launched() ? CURRENT_LAUNCHED : CURRENT_CLEAR;
            case VMPTRLD_Y -> current() ? launched() ? ACTIVE_LAUNCHED : ACTIVE_CLEAR : this;
            case VMLAUNCH -> this == CURRENT_CLEAR ? CURRENT_LAUNCHED : this;
            case VMRESUME -> this;
        };
    }

    /** The life cycle as a state diagram in the notation of Mermaid, each transition that changes something one line. */
    public static String diagram() {
        List<String> lines = new ArrayList<>();
        lines.add("stateDiagram-v2");
        for (VmcsState state : values()) {
            lines.add("    " + state + " : " + state.title);
        }
        for (VmcsState state : values()) {
            for (Event event : Event.values()) {
                VmcsState next = state.after(event);
                if (next != state && state.allows(event)) {
                    lines.add("    " + state + " --> " + next + " : " + event.title);
                }
            }
        }
        return String.join("\n", lines) + "\n";
    }
}
