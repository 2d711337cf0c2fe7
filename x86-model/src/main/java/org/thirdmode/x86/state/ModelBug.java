package org.thirdmode.x86.state;

/** A fault of ours: the model reached a state that its own code says cannot be. Never the guest's doing. */
public final class ModelBug extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ModelBug(String message) {
        super(message);
    }

    public ModelBug(String message, Throwable cause) {
        super(message, cause);
    }
}
