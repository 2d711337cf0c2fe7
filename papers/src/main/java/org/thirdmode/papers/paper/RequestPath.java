package org.thirdmode.papers.paper;

import java.util.List;
import java.util.Map;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Profile;

/**
 * What becomes of one request of a guest for input or output, step by step.
 *
 * @param steps from the guest's access to the guest's next instruction
 * @param schedulings decisions of a hypervisor's scheduler among them
 * @param switches from one guest to another among them
 */
record RequestPath(List<Step> steps, int schedulings, int switches) {
    /**
     * One step.
     *
     * @param what happens
     * @param takes figures of a profile, each as often as it is needed, beside what the guest's exit itself takes
     */
    record Step(String what, Map<Figure, Integer> takes) {}

    /** KVM's: the device is a part of the process whose virtual CPU has exited. */
    static final RequestPath KVM = new RequestPath(
            List.of(
                    new Step("the guest's access exits to the kernel", Map.of()),
                    new Step("the kernel returns to the process, in user space", Map.of(Figure.USER_SPACE, 1)),
                    new Step("the process does what the device would", Map.of()),
                    new Step("the process calls the kernel: run on", Map.of()),
                    new Step("the kernel enters the guest", Map.of())),
            0,
            0);

    /** The device is a part of another guest, one with privileges; the hypervisor has to bring that one to run, and back. */
    static final RequestPath PRIVILEGED_GUEST = new RequestPath(
            List.of(
                    new Step("the guest's access exits to the hypervisor", Map.of()),
                    new Step("the hypervisor has an event wait for the privileged guest", Map.of(Figure.INJECTION, 1)),
                    new Step("its scheduler chooses the privileged guest", Map.of(Figure.DISPATCH, 1)),
                    new Step("it switches to that one", switched()),
                    new Step(
                            "the privileged kernel wakes the process that is the device", Map.of(Figure.USER_SPACE, 1)),
                    new Step("the process does what the device would", Map.of()),
                    new Step(
                            "it tells the hypervisor by a hypercall, which exits",
                            Map.of(Figure.ROUND_TRIP, 1, Figure.DISPATCH, 1)),
                    new Step("the scheduler chooses the first guest", Map.of(Figure.DISPATCH, 1)),
                    new Step("the hypervisor switches back and enters it", switched())),
            2,
            2);

    /** Some twenty fields of a control structure that are another guest's, and the TLB, which is filled again. */
    private static Map<Figure, Integer> switched() {
        return Map.of(Figure.CONTROL_WRITE, 20, Figure.FLUSH, 1, Figure.EXIT_AFTERMATH, 1);
    }

    /** Cycles beside what the guest's own exit takes. */
    double cycles(Profile profile) {
        double sum = 0;
        for (Step step : steps) {
            for (Map.Entry<Figure, Integer> each : step.takes.entrySet()) {
                sum += each.getValue() * profile.quote(each.getKey()).value().doubleValue();
            }
        }
        return sum;
    }
}
