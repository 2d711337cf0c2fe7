/* The programs, as user/ builds them. They begin on page borders, so that their pages are mapped where they stand. */
#ifdef __x86_64__
#define ADDRESS .quad
#else
#define ADDRESS .long
#endif

    .section .programs, "a"
    .balign 4096
init: .incbin "init.bin"
    .balign 4096
cc:   .incbin "cc.bin"
    .balign 4096
true: .incbin "true.bin"
    .balign 4096

    .section .rodata
init_name: .asciz "init"
cc_name:   .asciz "cc"
true_name: .asciz "true"
    .balign 8
    .globl programs
programs:
    ADDRESS init_name, init
    ADDRESS cc_name, cc
    ADDRESS true_name, true
    ADDRESS 0, 0
