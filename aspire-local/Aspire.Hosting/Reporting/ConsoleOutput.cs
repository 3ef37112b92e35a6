namespace Aspire.Hosting.Reporting;

/// <summary>Writes whole lines, with colours only where somebody sees them.</summary>
internal sealed class ConsoleOutput
{
    private static readonly string[] NameColours = ["36", "33", "35", "32", "34", "96", "93", "95"];

    private readonly Lock _lines = new();
    private readonly TextWriter _writer;
    private readonly bool _hasColours;

    public ConsoleOutput()
        : this(Console.Out, !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
    {
    }

    public ConsoleOutput(TextWriter writer, bool hasColours) => (_writer, _hasColours) = (writer, hasColours);

    public void WriteLine(string line = "")
    {
        lock (_lines)
            _writer.WriteLine(line);
    }

    public void WriteLines(IEnumerable<string> lines)
    {
        lock (_lines)
            foreach (var line in lines)
                _writer.WriteLine(line);
    }

    /// <summary>The name in brackets, in a colour of its own.</summary>
    public string Tag(string name) => Paint($"[{name}]", NameColours[(int)((uint)name.Aggregate(17, (hash, letter) => (hash * 31) + letter) % (uint)NameColours.Length)]);

    public string Good(string text) => Paint(text, "32");

    public string Bad(string text) => Paint(text, "31");

    private string Paint(string text, string colour) => _hasColours ? $"\e[{colour}m{text}\e[0m" : text;
}
