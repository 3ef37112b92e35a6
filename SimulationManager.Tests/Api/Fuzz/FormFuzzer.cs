using System.Net.Http.Headers;
using System.Text;
using ZstdSharp;

namespace SimulationManager.Tests.Api.Fuzz;

/// <summary>Multipart bodies: parts twice, without names, of bad names, cut off, and small files that are large when unpacked.</summary>
internal sealed class FormFuzzer(FuzzValues values)
{
    private const int BombBytes = 64 * 1024 * 1024;
    private static readonly string[] Fields = ["name", "type", "description", "topics", "metadata_file", "db_file"];
    private static readonly string[] FileNames = ["a.db3", "b.db3", "a.db3.zstd", "a.db3-wal", "a.db3-shm", "metadata.yaml", "../evil.db3", "a", "", "..", ".db3", "con.db3", "a\0.db3", "x/y.db3", "%2e%2e.db3"];
    private static readonly Lazy<byte[]> Bomb = new(MakeBomb);

    public HttpContent Body()
    {
        var boundary = values.Chance(0.95) ? "fuzz" : values.Chance(0.5) ? "" : new string('b', 300);
        using var text = new MemoryStream();
        foreach (var field in Fields.SelectMany(field => Enumerable.Repeat(field, values.Pick([0, 1, 1, 1, 1, 2])))) WritePart(text, field);
        if (values.Chance(0.9)) text.Write("--fuzz--\r\n"u8);
        var bytes = text.ToArray();
        var content = new ByteArrayContent(values.Chance(0.1) ? bytes[..values.Next(bytes.Length + 1)] : bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={boundary}");
        return content;
    }

    private void WritePart(MemoryStream text, string field)
    {
        var isFile = field.EndsWith("_file", StringComparison.Ordinal);
        var name = values.Chance(0.05) ? values.Text() : field;
        var file = isFile != values.Chance(0.05) ? $"; filename=\"{(values.Chance(0.7) ? field == "db_file" ? "a.db3" : "metadata.yaml" : values.Pick(FileNames))}\"" : "";
        text.Write(Encoding.UTF8.GetBytes($"--fuzz\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n"));
        text.Write(isFile ? FileContent(field) : Encoding.UTF8.GetBytes(values.Chance(0.5) ? $"text {values.Next(1000)}" : values.Text()));
        text.Write("\r\n"u8);
    }

    private byte[] FileContent(string field) => values.Next(6) switch
    {
        0 => [],
        1 => values.Bytes(3000),
        2 => Bomb.Value,
        3 => "SQLite format 3\0"u8.ToArray(),
        4 => Encoding.UTF8.GetBytes(values.Text()),
        _ => File.ReadAllBytes(field == "db_file" ? TestBundle.Db3("turtlesim_cmd_vel") : Path.Combine(TestBundle.Folder("turtlesim_cmd_vel"), "metadata.yaml")),
    };

    private static byte[] MakeBomb()
    {
        using var compressor = new Compressor(19);
        return compressor.Wrap(new byte[BombBytes]).ToArray();
    }
}
