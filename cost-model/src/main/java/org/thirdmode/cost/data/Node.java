package org.thirdmode.cost.data;

/** A value in a data file, which knows where it stands. */
public sealed interface Node permits Scalar, Sequence, Mapping {
    Place place();

    /** What it is, for messages. */
    String kind();

    /** This as keys and values. */
    default Mapping mapping() throws DataException {
        if (this instanceof Mapping mapping) {
            return mapping;
        }
        throw place().wrong("is " + kind() + ", expected keys with values");
    }

    /** This as a list. */
    default Sequence sequence() throws DataException {
        if (this instanceof Sequence sequence) {
            return sequence;
        }
        throw place().wrong("is " + kind() + ", expected a list");
    }

    /** This as a single value. */
    default Scalar scalar() throws DataException {
        if (this instanceof Scalar scalar) {
            return scalar;
        }
        throw place().wrong("is " + kind() + ", expected a single value");
    }
}
