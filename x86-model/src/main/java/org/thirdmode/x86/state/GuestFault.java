package org.thirdmode.x86.state;

/**
 * A fault of the guest on its way from where it was found to the delivery through the IDT. It carries no stack trace and
 * each processor owns one: raising a fault allocates nothing.
 *
 * <p>An instruction that raises it has changed no architectural state that the manual does not say it changes.
 */
public final class GuestFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The exception's vector. */
    public int vector;

    /** Whether it pushes an error code. */
    public boolean hasErrorCode;

    /** The error code; 0 where there is none. */
    public int errorCode;

    /** For #PF: the linear address that CR2 receives at delivery. */
    public long linearAddress;

    public GuestFault() {
        super(null, null, false, false);
    }

    /** Describes the fault; returns itself so that the caller can throw it. */
    public GuestFault as(int vector, boolean hasErrorCode, int errorCode) {
        this.vector = vector;
        this.hasErrorCode = hasErrorCode;
        this.errorCode = errorCode;
        return this;
    }

    /** Describes a page fault at {@code linearAddress}. */
    public GuestFault asPageFault(long linearAddress, int errorCode) {
        this.linearAddress = linearAddress;
        return as(Vector.PF, true, errorCode);
    }

    @Override
    public String getMessage() {
        return "guest fault, vector " + vector
                + (hasErrorCode ? ", error code 0x" + Integer.toHexString(errorCode) : "");
    }
}
