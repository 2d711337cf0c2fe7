package org.thirdmode.svm.intercept;

import org.thirdmode.svm.vmcb.VmcbField;

/**
 * One bit of the intercept vectors of a VMCB.
 *
 * @param vector the field
 * @param bit the bit in it
 * @param name the manual's name
 * @param exitCode what EXITCODE says when it strikes
 * @param priority what the processor checks before it. APM 2 "Instruction Intercepts", the column "Priority"
 * @param section the title of the section that describes it
 * @param core the bits of {@code org.thirdmode.x86.exec.Intercept} by which the processor asks; 0 where the instruction is
 *     SVM's own or where the model has nothing to intercept
 */
public record InterceptRow(
        VmcbField vector, int bit, String name, int exitCode, String priority, String section, long core) {
    /** Whether it is set in a vector's value. */
    public boolean in(long vectorValue) {
        return ((vectorValue >>> bit) & 1) != 0;
    }
}
