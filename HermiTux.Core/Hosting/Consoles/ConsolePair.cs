using HermiTux.Devices;
using HermiTux.Kernel;

namespace HermiTux.Hosting.Consoles;

/// <summary>The machine's standard input, output and error as pipes.</summary>
internal sealed class ConsolePair : IDisposable
{
    private readonly InputChannel _input;
    private readonly OutputChannel _output;
    private readonly OutputChannel _error;

    private ConsolePair(InputChannel input, OutputChannel output, OutputChannel error)
    {
        _input = input;
        _output = output;
        _error = error;
    }

    /// <summary>Makes the channels and installs them as descriptors 0, 1 and 2.</summary>
    public static ConsolePair Install(ConsoleOptions options, FdTable descriptors, Credentials owner, long now)
    {
        var input = new InputChannel(options.Input.Open());
        var output = new OutputChannel(options.Output.Open());
        bool one = ReferenceEquals(options.Output, options.Error);
        OutputChannel error = one ? output : new OutputChannel(options.Error.Open());

        var outputFile = new ConsoleOutputFile(output, 2, owner, now);
        OpenFile errorFile = outputFile;
        if (one)
        {
            outputFile.AddReference();
        }
        else
        {
            errorFile = new ConsoleOutputFile(error, 3, owner, now);
        }

        descriptors.Add(new ConsoleInputFile(input, 1, owner, now), closeOnExec: false);
        descriptors.Add(outputFile, closeOnExec: false);
        descriptors.Add(errorFile, closeOnExec: false);
        return new ConsolePair(input, output, error);
    }

    /// <summary>Completes when what the guest wrote is with its receivers. After the guest's end.</summary>
    public Task DrainAsync() => Task.WhenAll(_output.CloseAsync(), _error.CloseAsync());

    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
        _error.Dispose();
    }
}
