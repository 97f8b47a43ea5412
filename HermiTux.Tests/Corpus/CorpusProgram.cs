using System.Text;

namespace HermiTux.Tests.Corpus;

/// <summary>One line of programs.txt: a command whose guest run must equal the native run.</summary>
internal sealed record CorpusProgram(int Line, bool InSample, string Package, IReadOnlyList<string> Arguments, string? InputFile)
{
    private const string ListName = "programs.txt";

    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Corpus");

    /// <summary>Absolute path of the command on this machine, or null when its package isn't installed.</summary>
    public string? Executable =>
        Arguments[0].StartsWith('/')
            ? (File.Exists(Arguments[0]) ? Arguments[0] : null)
            : new[] { "/usr/bin", "/bin", "/usr/sbin", "/sbin" }.Select(d => Path.Combine(d, Arguments[0])).FirstOrDefault(File.Exists);

    public string CommandLine => string.Join(' ', Arguments) + (InputFile is null ? "" : $" <{InputFile}");

    public static IReadOnlyList<CorpusProgram> ReadAll()
    {
        var programs = new List<CorpusProgram>();
        int number = 0;
        foreach (string raw in File.ReadLines(Path.Combine(Folder, ListName)))
        {
            number++;
            string line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            bool sample = line[0] == '*';
            line = line.TrimStart('*', ' ');
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon < 0)
            {
                throw new FormatException($"{ListName}:{number}: no 'package: command'");
            }

            List<string> words = SplitWords(line[(colon + 2)..]);
            string? input = words[^1].StartsWith('<') ? words[^1][1..] : null;
            if (input is not null)
            {
                words.RemoveAt(words.Count - 1);
            }

            programs.Add(new CorpusProgram(number, sample, line[..colon], words, input));
        }

        return programs;
    }

    /// <summary>Splits as sh does, without any expansion.</summary>
    private static List<string> SplitWords(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool inWord = false;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote != '\0')
            {
                if (c == quote)
                {
                    quote = '\0';
                }
                else if (quote == '"' && c == '\\' && i + 1 < text.Length && text[i + 1] is '"' or '\\' or '$' or '`')
                {
                    word.Append(text[++i]);
                }
                else
                {
                    word.Append(c);
                }
            }
            else if (c is '\'' or '"')
            {
                quote = c;
                inWord = true;
            }
            else if (c == '\\' && i + 1 < text.Length)
            {
                word.Append(text[++i]);
                inWord = true;
            }
            else if (c == ' ')
            {
                if (inWord)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    inWord = false;
                }
            }
            else
            {
                word.Append(c);
                inWord = true;
            }
        }

        if (inWord)
        {
            words.Add(word.ToString());
        }

        return words;
    }
}
