using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Simd;

/// <summary>Lists the FMA3 instructions.</summary>
internal static unsafe class FusedHandlers
{
    public static void List()
    {
        L(&FusedForms<FusedMadd, Order132, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmadd132ps_xmm_xmm_xmmm128, Code.VEX_Vfmadd132ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMadd, Order132, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfmadd132ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedMadd, Order132, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmadd132pd_xmm_xmm_xmmm128, Code.VEX_Vfmadd132pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMadd, Order132, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfmadd132sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedMsub, Order132, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsub132ps_xmm_xmm_xmmm128, Code.VEX_Vfmsub132ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsub, Order132, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfmsub132ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedMsub, Order132, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsub132pd_xmm_xmm_xmmm128, Code.VEX_Vfmsub132pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsub, Order132, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfmsub132sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedNmadd, Order132, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmadd132ps_xmm_xmm_xmmm128, Code.VEX_Vfnmadd132ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmadd, Order132, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmadd132ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedNmadd, Order132, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmadd132pd_xmm_xmm_xmmm128, Code.VEX_Vfnmadd132pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmadd, Order132, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmadd132sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedNmsub, Order132, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmsub132ps_xmm_xmm_xmmm128, Code.VEX_Vfnmsub132ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmsub, Order132, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmsub132ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedNmsub, Order132, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmsub132pd_xmm_xmm_xmmm128, Code.VEX_Vfnmsub132pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmsub, Order132, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmsub132sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedMaddsub, Order132, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmaddsub132ps_xmm_xmm_xmmm128, Code.VEX_Vfmaddsub132ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMaddsub, Order132, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmaddsub132pd_xmm_xmm_xmmm128, Code.VEX_Vfmaddsub132pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsubadd, Order132, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsubadd132ps_xmm_xmm_xmmm128, Code.VEX_Vfmsubadd132ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsubadd, Order132, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsubadd132pd_xmm_xmm_xmmm128, Code.VEX_Vfmsubadd132pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMadd, Order213, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmadd213ps_xmm_xmm_xmmm128, Code.VEX_Vfmadd213ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMadd, Order213, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfmadd213ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedMadd, Order213, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmadd213pd_xmm_xmm_xmmm128, Code.VEX_Vfmadd213pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMadd, Order213, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfmadd213sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedMsub, Order213, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsub213ps_xmm_xmm_xmmm128, Code.VEX_Vfmsub213ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsub, Order213, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfmsub213ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedMsub, Order213, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsub213pd_xmm_xmm_xmmm128, Code.VEX_Vfmsub213pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsub, Order213, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfmsub213sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedNmadd, Order213, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmadd213ps_xmm_xmm_xmmm128, Code.VEX_Vfnmadd213ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmadd, Order213, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmadd213ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedNmadd, Order213, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmadd213pd_xmm_xmm_xmmm128, Code.VEX_Vfnmadd213pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmadd, Order213, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmadd213sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedNmsub, Order213, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmsub213ps_xmm_xmm_xmmm128, Code.VEX_Vfnmsub213ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmsub, Order213, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmsub213ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedNmsub, Order213, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmsub213pd_xmm_xmm_xmmm128, Code.VEX_Vfnmsub213pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmsub, Order213, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmsub213sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedMaddsub, Order213, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmaddsub213ps_xmm_xmm_xmmm128, Code.VEX_Vfmaddsub213ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMaddsub, Order213, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmaddsub213pd_xmm_xmm_xmmm128, Code.VEX_Vfmaddsub213pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsubadd, Order213, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsubadd213ps_xmm_xmm_xmmm128, Code.VEX_Vfmsubadd213ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsubadd, Order213, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsubadd213pd_xmm_xmm_xmmm128, Code.VEX_Vfmsubadd213pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMadd, Order231, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmadd231ps_xmm_xmm_xmmm128, Code.VEX_Vfmadd231ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMadd, Order231, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfmadd231ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedMadd, Order231, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmadd231pd_xmm_xmm_xmmm128, Code.VEX_Vfmadd231pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMadd, Order231, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfmadd231sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedMsub, Order231, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsub231ps_xmm_xmm_xmmm128, Code.VEX_Vfmsub231ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsub, Order231, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfmsub231ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedMsub, Order231, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsub231pd_xmm_xmm_xmmm128, Code.VEX_Vfmsub231pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsub, Order231, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfmsub231sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedNmadd, Order231, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmadd231ps_xmm_xmm_xmmm128, Code.VEX_Vfnmadd231ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmadd, Order231, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmadd231ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedNmadd, Order231, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmadd231pd_xmm_xmm_xmmm128, Code.VEX_Vfnmadd231pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmadd, Order231, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmadd231sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedNmsub, Order231, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmsub231ps_xmm_xmm_xmmm128, Code.VEX_Vfnmsub231ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmsub, Order231, float>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmsub231ss_xmm_xmm_xmmm32);
        L(&FusedForms<FusedNmsub, Order231, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfnmsub231pd_xmm_xmm_xmmm128, Code.VEX_Vfnmsub231pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedNmsub, Order231, double>.RegisterScalar, Code.INVALID, Code.VEX_Vfnmsub231sd_xmm_xmm_xmmm64);
        L(&FusedForms<FusedMaddsub, Order231, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmaddsub231ps_xmm_xmm_xmmm128, Code.VEX_Vfmaddsub231ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMaddsub, Order231, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmaddsub231pd_xmm_xmm_xmmm128, Code.VEX_Vfmaddsub231pd_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsubadd, Order231, float>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsubadd231ps_xmm_xmm_xmmm128, Code.VEX_Vfmsubadd231ps_ymm_ymm_ymmm256);
        L(&FusedForms<FusedMsubadd, Order231, double>.RegisterPacked, Code.INVALID, Code.VEX_Vfmsubadd231pd_xmm_xmm_xmmm128, Code.VEX_Vfmsubadd231pd_ymm_ymm_ymmm256);
    }

    private static void L(delegate*<Code, Code, Code, void> registrar, Code legacy, Code vex128 = Code.INVALID, Code vex256 = Code.INVALID) =>
        SimdHandlers.List(registrar, legacy, vex128, vex256);
}
