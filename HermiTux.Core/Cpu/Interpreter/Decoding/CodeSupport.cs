using Iced.Intel;

namespace HermiTux.Cpu.Interpreter.Decoding;

/// <summary>Which instructions exist on a CPU model, looked up once a code.</summary>
internal sealed class CodeSupport
{
    private readonly CpuModel _model;

    /// <summary>0 unknown, 1 supported, 2 not.</summary>
    private readonly byte[] _known = new byte[5120];

    public CodeSupport(CpuModel model)
    {
        _model = model;
    }

    /// <summary>Whether the model has every feature that the instruction needs.</summary>
    public bool IsSupported(Code code)
    {
        ref byte known = ref _known[(int)code];
        if (known == 0)
        {
            known = 1;
            foreach (CpuidFeature feature in code.CpuidFeatures())
            {
                if (_model is X86CpuModel model && !model.HasInstructions(feature))
                {
                    known = 2;
                }
            }
        }

        return known == 1;
    }
}
