using System.Text;

namespace Aspire.Hosting.ProcessHost;

/// <summary>Cuts a child's output into lines. A line without end is cut too, so that no child can fill our memory.</summary>
internal static class LinePump
{
    /// <summary>In characters; longer lines come in several pieces.</summary>
    public const int LongestLine = 32 * 1024;

    public static async Task RunAsync(Stream source, Func<string, ValueTask> onLine)
    {
        using var reader = new StreamReader(source, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), detectEncodingFromByteOrderMarks: false);
        var buffer = new char[4096];
        var line = new StringBuilder();
        var whole = new Queue<string>();
        int count;
        while ((count = await reader.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            Cut(buffer.AsSpan(0, count), line, whole);
            while (whole.TryDequeue(out var next))
                await onLine(next).ConfigureAwait(false);
        }

        if (line.Length > 0)
            await onLine(line.ToString()).ConfigureAwait(false);
    }

    private static void Cut(ReadOnlySpan<char> text, StringBuilder line, Queue<string> whole)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOf('\n');
            line.Append(end < 0 ? text : text[..end]);
            if (end < 0 && line.Length < LongestLine)
                return;
            if (end >= 0 && line is [.., '\r'])
                line.Length--;
            whole.Enqueue(line.ToString());
            line.Clear();
            text = end < 0 ? [] : text[(end + 1)..];
        }
    }
}
