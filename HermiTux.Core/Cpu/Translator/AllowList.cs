using Iced.Intel;
using M = Iced.Intel.Mnemonic;

namespace HermiTux.Cpu.Translator;

/// <summary>
/// The instructions that may be copied into translated code: all that they touch are general, vector and x87 registers, the status
/// flags, MXCSR and their explicit memory operand. (LDMXCSR isn't here: processors accept bits that others, and the CPU model, don't have.)
/// Whatever isn't named here (or handled by name in <see cref="InstructionClass"/>) is
/// left to the interpreter, one instruction at a time.
/// </summary>
internal static class AllowList
{
    private static readonly bool[] s_allowed = Build();

    /// <summary>Whether instructions of this name may be copied, if their operands are of the plain kinds.</summary>
    public static bool Contains(Mnemonic mnemonic) => s_allowed[(int)mnemonic];

    private static ReadOnlySpan<M> Names =>
    [
        M.Adc, M.Adcx, M.Add, M.Addpd, M.Addps, M.Addsd, M.Addss, M.Addsubpd, M.Addsubps, M.Adox, M.Aesdec, M.Aesdeclast, M.Aesenc, M.Aesenclast, M.Aesimc,
        M.Aeskeygenassist, M.And, M.Andn, M.Andnpd, M.Andnps, M.Andpd, M.Andps, M.Bextr, M.Blendpd, M.Blendps, M.Blendvpd, M.Blendvps, M.Blsi, M.Blsmsk,
        M.Blsr, M.Bsf, M.Bsr, M.Bswap, M.Bt, M.Btc, M.Btr, M.Bts, M.Bzhi, M.Cbw, M.Cdq, M.Cdqe, M.Clc, M.Cld, M.Cmc, M.Cmova, M.Cmovae, M.Cmovb, M.Cmovbe,
        M.Cmove, M.Cmovg, M.Cmovge, M.Cmovl, M.Cmovle, M.Cmovne, M.Cmovno, M.Cmovnp, M.Cmovns, M.Cmovo, M.Cmovp, M.Cmovs, M.Cmp, M.Cmppd, M.Cmpps, M.Cmpsd,
        M.Cmpss, M.Cmpxchg, M.Cmpxchg16b, M.Cmpxchg8b, M.Comisd, M.Comiss, M.Cqo, M.Crc32, M.Cvtdq2pd, M.Cvtdq2ps, M.Cvtpd2dq, M.Cvtpd2pi, M.Cvtpd2ps,
        M.Cvtpi2pd, M.Cvtpi2ps, M.Cvtps2dq, M.Cvtps2pd, M.Cvtps2pi, M.Cvtsd2si, M.Cvtsd2ss, M.Cvtsi2sd, M.Cvtsi2ss, M.Cvtss2sd, M.Cvtss2si, M.Cvttpd2dq,
        M.Cvttpd2pi, M.Cvttps2dq, M.Cvttps2pi, M.Cvttsd2si, M.Cvttss2si, M.Cwd, M.Cwde, M.Dec, M.Div, M.Divpd, M.Divps, M.Divsd, M.Divss, M.Dppd, M.Dpps,
        M.Emms, M.Extractps, M.F2xm1, M.Fabs, M.Fadd, M.Faddp, M.Fbld, M.Fbstp, M.Fchs, M.Fclex, M.Fcmovb, M.Fcmovbe, M.Fcmove, M.Fcmovnb, M.Fcmovnbe,
        M.Fcmovne, M.Fcmovnu, M.Fcmovu, M.Fcom, M.Fcomi, M.Fcomip, M.Fcomp, M.Fcompp, M.Fcos, M.Fdecstp, M.Fdiv, M.Fdivp, M.Fdivr, M.Fdivrp, M.Ffree, M.Fiadd,
        M.Ficom, M.Ficomp, M.Fidiv, M.Fidivr, M.Fild, M.Fimul, M.Fincstp, M.Finit, M.Fist, M.Fistp, M.Fisttp, M.Fisub, M.Fisubr, M.Fld, M.Fld1, M.Fldcw,
        M.Fldl2e, M.Fldl2t, M.Fldlg2, M.Fldln2, M.Fldpi, M.Fldz, M.Fmul, M.Fmulp, M.Fnclex, M.Fninit, M.Fnop, M.Fnstcw, M.Fnstsw, M.Fpatan, M.Fprem, M.Fprem1,
        M.Fptan, M.Frndint, M.Fscale, M.Fsin, M.Fsincos, M.Fsqrt, M.Fst, M.Fstcw, M.Fstp, M.Fstsw, M.Fsub, M.Fsubp, M.Fsubr, M.Fsubrp, M.Ftst, M.Fucom,
        M.Fucomi, M.Fucomip, M.Fucomp, M.Fucompp, M.Fxam, M.Fxch, M.Fxtract, M.Fyl2x, M.Fyl2xp1, M.Gf2p8affineinvqb, M.Gf2p8affineqb, M.Gf2p8mulb, M.Haddpd,
        M.Haddps, M.Hsubpd, M.Hsubps, M.Idiv, M.Imul, M.Inc, M.Insertps, M.Lahf, M.Lddqu, M.Lfence, M.Lzcnt, M.Maxpd, M.Maxps, M.Maxsd, M.Maxss,
        M.Mfence, M.Minpd, M.Minps, M.Minsd, M.Minss, M.Mov, M.Movapd, M.Movaps, M.Movbe, M.Movd, M.Movddup, M.Movdq2q, M.Movdqa, M.Movdqu, M.Movhlps,
        M.Movhpd, M.Movhps, M.Movlhps, M.Movlpd, M.Movlps, M.Movmskpd, M.Movmskps, M.Movntdq, M.Movntdqa, M.Movnti, M.Movntpd, M.Movntps, M.Movntq, M.Movq,
        M.Movq2dq, M.Movsd, M.Movshdup, M.Movsldup, M.Movss, M.Movsx, M.Movsxd, M.Movupd, M.Movups, M.Movzx, M.Mpsadbw, M.Mul, M.Mulpd, M.Mulps, M.Mulsd,
        M.Mulss, M.Mulx, M.Neg, M.Not, M.Or, M.Orpd, M.Orps, M.Pabsb, M.Pabsd, M.Pabsw, M.Packssdw, M.Packsswb, M.Packusdw, M.Packuswb, M.Paddb, M.Paddd,
        M.Paddq, M.Paddsb, M.Paddsw, M.Paddusb, M.Paddusw, M.Paddw, M.Palignr, M.Pand, M.Pandn, M.Pause, M.Pavgb, M.Pavgw, M.Pblendvb, M.Pblendw, M.Pclmulqdq,
        M.Pcmpeqb, M.Pcmpeqd, M.Pcmpeqq, M.Pcmpeqw, M.Pcmpestri, M.Pcmpestri64, M.Pcmpestrm, M.Pcmpestrm64, M.Pcmpgtb, M.Pcmpgtd, M.Pcmpgtq, M.Pcmpgtw,
        M.Pcmpistri, M.Pcmpistrm, M.Pdep, M.Pext, M.Pextrb, M.Pextrd, M.Pextrq, M.Pextrw, M.Phaddd, M.Phaddsw, M.Phaddw, M.Phminposuw, M.Phsubd, M.Phsubsw,
        M.Phsubw, M.Pinsrb, M.Pinsrd, M.Pinsrq, M.Pinsrw, M.Pmaddubsw, M.Pmaddwd, M.Pmaxsb, M.Pmaxsd, M.Pmaxsw, M.Pmaxub, M.Pmaxud, M.Pmaxuw, M.Pminsb,
        M.Pminsd, M.Pminsw, M.Pminub, M.Pminud, M.Pminuw, M.Pmovmskb, M.Pmovsxbd, M.Pmovsxbq, M.Pmovsxbw, M.Pmovsxdq, M.Pmovsxwd, M.Pmovsxwq, M.Pmovzxbd,
        M.Pmovzxbq, M.Pmovzxbw, M.Pmovzxdq, M.Pmovzxwd, M.Pmovzxwq, M.Pmuldq, M.Pmulhrsw, M.Pmulhuw, M.Pmulhw, M.Pmulld, M.Pmullw, M.Pmuludq, M.Popcnt, M.Por,
        M.Psadbw, M.Pshufb, M.Pshufd, M.Pshufhw, M.Pshuflw, M.Pshufw, M.Psignb, M.Psignd, M.Psignw, M.Pslld, M.Pslldq, M.Psllq, M.Psllw, M.Psrad, M.Psraw,
        M.Psrld, M.Psrldq, M.Psrlq, M.Psrlw, M.Psubb, M.Psubd, M.Psubq, M.Psubsb, M.Psubsw, M.Psubusb, M.Psubusw, M.Psubw, M.Ptest, M.Punpckhbw, M.Punpckhdq,
        M.Punpckhqdq, M.Punpckhwd, M.Punpcklbw, M.Punpckldq, M.Punpcklqdq, M.Punpcklwd, M.Pxor, M.Rcl, M.Rcpps, M.Rcpss, M.Rcr, M.Rol, M.Ror, M.Rorx,
        M.Roundpd, M.Roundps, M.Roundsd, M.Roundss, M.Rsqrtps, M.Rsqrtss, M.Sahf, M.Sal, M.Sar, M.Sarx, M.Sbb, M.Seta, M.Setae, M.Setb, M.Setbe, M.Sete,
        M.Setg, M.Setge, M.Setl, M.Setle, M.Setne, M.Setno, M.Setnp, M.Setns, M.Seto, M.Setp, M.Sets, M.Sfence, M.Sha1msg1, M.Sha1msg2, M.Sha1nexte,
        M.Sha1rnds4, M.Sha256msg1, M.Sha256msg2, M.Sha256rnds2, M.Shl, M.Shld, M.Shlx, M.Shr, M.Shrd, M.Shrx, M.Shufpd, M.Shufps, M.Sqrtpd, M.Sqrtps,
        M.Sqrtsd, M.Sqrtss, M.Stc, M.Std, M.Stmxcsr, M.Sub, M.Subpd, M.Subps, M.Subsd, M.Subss, M.Test, M.Tzcnt, M.Ucomisd, M.Ucomiss, M.Unpckhpd, M.Unpckhps,
        M.Unpcklpd, M.Unpcklps, M.Vaddpd, M.Vaddps, M.Vaddsd, M.Vaddss, M.Vaddsubpd, M.Vaddsubps, M.Vaesdec, M.Vaesdeclast, M.Vaesenc, M.Vaesenclast,
        M.Vaesimc, M.Vaeskeygenassist, M.Vandnpd, M.Vandnps, M.Vandpd, M.Vandps, M.Vblendpd, M.Vblendps, M.Vblendvpd, M.Vblendvps, M.Vbroadcastf128,
        M.Vbroadcasti128, M.Vbroadcastsd, M.Vbroadcastss, M.Vcmppd, M.Vcmpps, M.Vcmpsd, M.Vcmpss, M.Vcomisd, M.Vcomiss, M.Vcvtdq2pd, M.Vcvtdq2ps, M.Vcvtpd2dq,
        M.Vcvtpd2ps, M.Vcvtph2ps, M.Vcvtps2dq, M.Vcvtps2pd, M.Vcvtps2ph, M.Vcvtsd2si, M.Vcvtsd2ss, M.Vcvtsi2sd, M.Vcvtsi2ss, M.Vcvtss2sd, M.Vcvtss2si,
        M.Vcvttpd2dq, M.Vcvttps2dq, M.Vcvttsd2si, M.Vcvttss2si, M.Vdivpd, M.Vdivps, M.Vdivsd, M.Vdivss, M.Vdppd, M.Vdpps, M.Vextractf128, M.Vextracti128,
        M.Vextractps, M.Vfmadd132pd, M.Vfmadd132ps, M.Vfmadd132sd, M.Vfmadd132ss, M.Vfmadd213pd, M.Vfmadd213ps, M.Vfmadd213sd, M.Vfmadd213ss, M.Vfmadd231pd,
        M.Vfmadd231ps, M.Vfmadd231sd, M.Vfmadd231ss, M.Vfmaddsub132pd, M.Vfmaddsub132ps, M.Vfmaddsub213pd, M.Vfmaddsub213ps, M.Vfmaddsub231pd,
        M.Vfmaddsub231ps, M.Vfmsub132pd, M.Vfmsub132ps, M.Vfmsub132sd, M.Vfmsub132ss, M.Vfmsub213pd, M.Vfmsub213ps, M.Vfmsub213sd, M.Vfmsub213ss,
        M.Vfmsub231pd, M.Vfmsub231ps, M.Vfmsub231sd, M.Vfmsub231ss, M.Vfmsubadd132pd, M.Vfmsubadd132ps, M.Vfmsubadd213pd, M.Vfmsubadd213ps, M.Vfmsubadd231pd,
        M.Vfmsubadd231ps, M.Vfnmadd132pd, M.Vfnmadd132ps, M.Vfnmadd132sd, M.Vfnmadd132ss, M.Vfnmadd213pd, M.Vfnmadd213ps, M.Vfnmadd213sd, M.Vfnmadd213ss,
        M.Vfnmadd231pd, M.Vfnmadd231ps, M.Vfnmadd231sd, M.Vfnmadd231ss, M.Vfnmsub132pd, M.Vfnmsub132ps, M.Vfnmsub132sd, M.Vfnmsub132ss, M.Vfnmsub213pd,
        M.Vfnmsub213ps, M.Vfnmsub213sd, M.Vfnmsub213ss, M.Vfnmsub231pd, M.Vfnmsub231ps, M.Vfnmsub231sd, M.Vfnmsub231ss, M.Vgatherdpd, M.Vgatherdps,
        M.Vgf2p8affineinvqb, M.Vgf2p8affineqb, M.Vgf2p8mulb, M.Vhaddpd, M.Vhaddps, M.Vhsubpd, M.Vhsubps, M.Vinsertf128, M.Vinserti128, M.Vinsertps, M.Vlddqu,
        M.Vmaskmovpd, M.Vmaskmovps, M.Vmaxpd, M.Vmaxps, M.Vmaxsd, M.Vmaxss, M.Vminpd, M.Vminps, M.Vminsd, M.Vminss, M.Vmovapd, M.Vmovaps, M.Vmovd,
        M.Vmovddup, M.Vmovdqa, M.Vmovdqu, M.Vmovhlps, M.Vmovhpd, M.Vmovhps, M.Vmovlhps, M.Vmovlpd, M.Vmovlps, M.Vmovmskpd, M.Vmovmskps, M.Vmovntdq,
        M.Vmovntdqa, M.Vmovntpd, M.Vmovntps, M.Vmovq, M.Vmovsd, M.Vmovshdup, M.Vmovsldup, M.Vmovss, M.Vmovupd, M.Vmovups, M.Vmpsadbw, M.Vmulpd, M.Vmulps,
        M.Vmulsd, M.Vmulss, M.Vorpd, M.Vorps, M.Vpabsb, M.Vpabsd, M.Vpabsw, M.Vpackssdw, M.Vpacksswb, M.Vpackusdw, M.Vpackuswb, M.Vpaddb, M.Vpaddd, M.Vpaddq,
        M.Vpaddsb, M.Vpaddsw, M.Vpaddusb, M.Vpaddusw, M.Vpaddw, M.Vpalignr, M.Vpand, M.Vpandn, M.Vpavgb, M.Vpavgw, M.Vpblendd, M.Vpblendvb, M.Vpblendw,
        M.Vpbroadcastb, M.Vpbroadcastd, M.Vpbroadcastq, M.Vpbroadcastw, M.Vpclmulqdq, M.Vpcmpeqb, M.Vpcmpeqd, M.Vpcmpeqq, M.Vpcmpeqw, M.Vpcmpestri,
        M.Vpcmpestri64, M.Vpcmpestrm, M.Vpcmpestrm64, M.Vpcmpgtb, M.Vpcmpgtd, M.Vpcmpgtq, M.Vpcmpgtw, M.Vpcmpistri, M.Vpcmpistrm, M.Vpdpbusd, M.Vpdpbusds,
        M.Vpdpwssd, M.Vpdpwssds, M.Vperm2f128, M.Vperm2i128, M.Vpermd, M.Vpermilpd, M.Vpermilps, M.Vpermpd, M.Vpermps, M.Vpermq, M.Vpextrb, M.Vpextrd,
        M.Vpextrq, M.Vpextrw, M.Vpgatherdd, M.Vpgatherdq, M.Vphaddd, M.Vphaddsw, M.Vphaddw, M.Vphminposuw, M.Vphsubd, M.Vphsubsw, M.Vphsubw, M.Vpinsrb,
        M.Vpinsrd, M.Vpinsrq, M.Vpinsrw, M.Vpmaddubsw, M.Vpmaddwd, M.Vpmaskmovd, M.Vpmaskmovq, M.Vpmaxsb, M.Vpmaxsd, M.Vpmaxsw, M.Vpmaxub, M.Vpmaxud,
        M.Vpmaxuw, M.Vpminsb, M.Vpminsd, M.Vpminsw, M.Vpminub, M.Vpminud, M.Vpminuw, M.Vpmovmskb, M.Vpmovsxbd, M.Vpmovsxbq, M.Vpmovsxbw, M.Vpmovsxdq,
        M.Vpmovsxwd, M.Vpmovsxwq, M.Vpmovzxbd, M.Vpmovzxbq, M.Vpmovzxbw, M.Vpmovzxdq, M.Vpmovzxwd, M.Vpmovzxwq, M.Vpmuldq, M.Vpmulhrsw, M.Vpmulhuw, M.Vpmulhw,
        M.Vpmulld, M.Vpmullw, M.Vpmuludq, M.Vpor, M.Vpsadbw, M.Vpshufb, M.Vpshufd, M.Vpshufhw, M.Vpshuflw, M.Vpsignb, M.Vpsignd, M.Vpsignw, M.Vpslld,
        M.Vpslldq, M.Vpsllq, M.Vpsllvd, M.Vpsllvq, M.Vpsllw, M.Vpsrad, M.Vpsravd, M.Vpsraw, M.Vpsrld, M.Vpsrldq, M.Vpsrlq, M.Vpsrlvd, M.Vpsrlvq, M.Vpsrlw,
        M.Vpsubb, M.Vpsubd, M.Vpsubq, M.Vpsubsb, M.Vpsubsw, M.Vpsubusb, M.Vpsubusw, M.Vpsubw, M.Vptest, M.Vpunpckhbw, M.Vpunpckhdq, M.Vpunpckhqdq,
        M.Vpunpckhwd, M.Vpunpcklbw, M.Vpunpckldq, M.Vpunpcklqdq, M.Vpunpcklwd, M.Vpxor, M.Vrcpps, M.Vrcpss, M.Vroundpd, M.Vroundps, M.Vroundsd, M.Vroundss,
        M.Vrsqrtps, M.Vrsqrtss, M.Vshufpd, M.Vshufps, M.Vsqrtpd, M.Vsqrtps, M.Vsqrtsd, M.Vsqrtss, M.Vstmxcsr, M.Vsubpd, M.Vsubps, M.Vsubsd, M.Vsubss,
        M.Vtestpd, M.Vtestps, M.Vucomisd, M.Vucomiss, M.Vunpckhpd, M.Vunpckhps, M.Vunpcklpd, M.Vunpcklps, M.Vxorpd, M.Vxorps, M.Vzeroall, M.Vzeroupper,
        M.Wait, M.Xadd, M.Xchg, M.Xor, M.Xorpd, M.Xorps,
    ];

    private static bool[] Build()
    {
        var allowed = new bool[1 << 11];
        foreach (M name in Names)
        {
            allowed[(int)name] = true;
        }

        return allowed;
    }
}
