package org.thirdmode.svm.intercept;

/**
 * One #VMEXIT code.
 *
 * @param code what EXITCODE holds
 * @param name the manual's name, without VMEXIT_
 * @param cause what leads to it
 * @param information1 what EXITINFO1 holds; empty where it is undefined (the model leaves 0 there)
 * @param information2 the same for EXITINFO2
 * @param modelled whether the model can cause it
 */
public record ExitRow(
        long code, String name, String cause, String information1, String information2, boolean modelled) {}
