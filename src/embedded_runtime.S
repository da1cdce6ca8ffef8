// The program of built executables, as bytes: sonde itself is all that `sonde build` needs.
        .section .rodata.sonde_standalone, "a", @progbits
        .global sonde_standalone_begin
        .global sonde_standalone_end
        .balign 8
sonde_standalone_begin:
        .incbin SONDE_STANDALONE
sonde_standalone_end:
        .byte 0
        .section .note.GNU-stack, "", @progbits
