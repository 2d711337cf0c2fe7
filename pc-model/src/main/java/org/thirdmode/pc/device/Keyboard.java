package org.thirdmode.pc.device;

import java.util.ArrayDeque;
import java.util.Deque;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * A 101-key keyboard: scan code sets 1, 2 and 3, its commands, and a queue of keys that somebody types. Keys are named by
 * their code in set 2.
 *
 * <p>Source: IBM "Personal System/2 Hardware Interface Technical Reference", "Keyboard (101/102-Key)"; the translation to set
 * 1 is the 8042's table.
 */
public final class Keyboard implements Stateful {
    private static final int ACKNOWLEDGE = 0xfa;
    private static final int RESEND = 0xfe;
    private static final int BREAK = 0xf0;
    private static final int EXTENDED = 0xe0;
    private static final int LEFT_SHIFT = 0x12;
    private static final int ESCAPE = 0x76;
    private static final int ESCAPE_SET_3 = 0x08;

    /** Bytes that the keyboard holds back for the controller; keys beyond wait with the one who types. */
    private static final int BUFFER = 16;

    /** Keys that may wait in a saved state. */
    private static final int MOST_TYPED = 1 << 20;

    /** What the 8042 makes of each byte below 84H: IBM, "Keyboard Scan Code translation table". */
    private static final String TRANSLATION =
            "ff 43 41 3f 3d 3b 3c 58 64 44 42 40 3e 0f 29 59 65 38 2a 70 1d 10 02 5a 66 71 2c 1f 1e 11 03 5b "
                    + "67 2e 2d 20 12 05 04 5c 68 39 2f 21 14 13 06 5d 69 31 30 23 22 15 07 5e 6a 72 32 24 16 08 09 5f "
                    + "6b 33 25 17 18 0b 0a 60 6c 34 35 26 27 19 0c 61 6d 73 28 74 1a 0d 62 6e 3a 36 1c 1b 75 2b 63 76 "
                    + "55 56 77 78 79 7a 0e 7b 7c 4f 7d 4b 47 7e 7f 6f 52 53 50 4c 4d 48 01 45 57 4e 51 4a 37 49 46 54 "
                    + "80 81 82 41";

    private static final int[] TO_SET_1 = parse(TRANSLATION);

    /** Characters of a US keyboard without and with Shift, and their keys' codes in set 2, in the same order. */
    private static final String PLAIN = "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./ \t\n\b\u001b";

    private static final String SHIFTED = "~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>?";

    private static final int[] CODES =
            parse("0e 16 1e 26 25 2e 36 3d 3e 46 45 4e 55 15 1d 24 2d 2c 35 3c 43 44 4d 54 5b 5d "
                    + "1c 1b 23 2b 34 33 3b 42 4b 4c 52 1a 22 21 2a 32 31 3a 41 49 4a 29 0d 5a 66 76");

    private record Key(int code, boolean extended, boolean pressed) {}

    private final Deque<Key> typed = new ArrayDeque<>();
    private final Deque<Integer> output = new ArrayDeque<>();
    private int set;
    private boolean scanning;
    private int lastSent;
    private int parameterOf;

    /** A keyboard after its self test. */
    public Keyboard() {
        reset();
    }

    private static int[] parse(String text) {
        String[] words = text.split(" ");
        int[] values = new int[words.length];
        for (int i = 0; i < words.length; i++) {
            values[i] = Integer.parseInt(words[i], 16);
        }
        return values;
    }

    /** Power on: scan code set 2, scanning. What somebody still has to type stays. */
    void reset() {
        output.clear();
        set = 2;
        scanning = true;
        parameterOf = -1;
    }

    /** Presses or releases a key, by its code in set 2 without prefix. */
    public void key(int code, boolean extended, boolean pressed) {
        typed.add(new Key(code, extended, pressed));
    }

    /** Types a text on a US keyboard; a character that it does not have is left out. */
    public void type(String text) {
        for (char c : text.toCharArray()) {
            int shifted = SHIFTED.indexOf(c);
            int at = shifted >= 0 ? shifted : PLAIN.indexOf(c);
            if (at < 0) {
                continue;
            }
            if (shifted >= 0) {
                key(LEFT_SHIFT, false, true);
            }
            key(CODES[at], false, true);
            key(CODES[at], false, false);
            if (shifted >= 0) {
                key(LEFT_SHIFT, false, false);
            }
        }
    }

    private void send(int... codes) {
        for (int code : codes) {
            if (output.size() < BUFFER) {
                output.add(code);
            }
        }
    }

    boolean hasOutput() {
        while (output.isEmpty() && scanning && !typed.isEmpty()) {
            scan(typed.remove());
        }
        return !output.isEmpty();
    }

    private void scan(Key key) {
        switch (set) {
            case 1 -> {
                if (key.extended) {
                    send(EXTENDED);
                }
                send(translated(key.code) | (key.pressed ? 0 : 0x80));
            }
            case 2 -> {
                if (key.extended) {
                    send(EXTENDED);
                }
                if (!key.pressed) {
                    send(BREAK);
                }
                send(key.code);
            }
            default -> {
                // For the keys that can be typed here set 3 differs from set 2 in one.
                if (!key.pressed) {
                    send(BREAK);
                }
                send(key.code == ESCAPE ? ESCAPE_SET_3 : key.code);
            }
        }
    }

    private static int translated(int code) {
        return code < TO_SET_1.length ? TO_SET_1[code] : code;
    }

    /** The next byte on the wire, as the controller passes it on. */
    int nextOutput(boolean translate) {
        int code = output.remove();
        lastSent = code;
        if (!translate) {
            return code;
        }
        if (code == BREAK) {
            // The prefix of set 2 becomes the top bit of set 1: the two bytes are one.
            Integer next = output.poll();
            return next == null ? code : translated(next) | 0x80;
        }
        return translated(code);
    }

    /** A byte from the controller. */
    void receive(int value) {
        int command = parameterOf;
        parameterOf = -1;
        if (command >= 0 && value < 0xed) {
            takeParameter(command, value);
            return;
        }
        switch (value) {
            case 0xed, 0xf0, 0xf3, 0xfb, 0xfc, 0xfd -> {
                parameterOf = value;
                send(ACKNOWLEDGE);
            }
            case 0xee -> send(0xee);
            case 0xf2 -> send(ACKNOWLEDGE, 0xab, 0x83);
            case 0xf4 -> {
                output.clear();
                scanning = true;
                send(ACKNOWLEDGE);
            }
            case 0xf5 -> {
                defaults();
                scanning = false;
                send(ACKNOWLEDGE);
            }
            case 0xf6 -> {
                defaults();
                send(ACKNOWLEDGE);
            }
            case 0xf7, 0xf8, 0xf9, 0xfa -> send(ACKNOWLEDGE);
            case 0xfe -> send(lastSent);
            case 0xff -> {
                reset();
                send(ACKNOWLEDGE, 0xaa);
            }
            default -> send(RESEND);
        }
    }

    private void defaults() {
        output.clear();
        set = 2;
    }

    private void takeParameter(int command, int value) {
        switch (command) {
            case 0xf0 -> {
                if (value == 0) {
                    send(ACKNOWLEDGE, set);
                } else if (value <= 3) {
                    set = value;
                    send(ACKNOWLEDGE);
                } else {
                    send(RESEND);
                }
            }
            case 0xfb, 0xfc, 0xfd -> {
                parameterOf = command; // a list of keys, until another command comes
                send(ACKNOWLEDGE);
            }
            default -> send(ACKNOWLEDGE);
        }
    }

    @Override
    public void state(StatePort port) {
        Deque<Integer> keys = new ArrayDeque<>();
        typed.forEach(key -> keys.add(key.code | (key.extended ? 1 << 8 : 0) | (key.pressed ? 1 << 9 : 0)));
        port.queue("typed", keys, MOST_TYPED);
        typed.clear();
        keys.forEach(key -> typed.add(new Key(key & 0xff, (key & (1 << 8)) != 0, (key & (1 << 9)) != 0)));
        port.queue("output", output, BUFFER);
        set = port.within("set", set, 1, 3);
        scanning = port.flag("scanning", scanning);
        lastSent = port.number("last sent", lastSent);
        parameterOf = port.number("parameter of", parameterOf);
    }
}
