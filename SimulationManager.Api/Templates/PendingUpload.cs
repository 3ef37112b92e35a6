using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SimulationManager.Api.Templates;

/// <summary>An upload in parts, as it is kept beside its parts in storage: nothing else has to know of it.</summary>
public sealed record PendingUpload
{
    /// <summary>Where uploads are until they are completed.</summary>
    public const string Prefix = "uploads/";

    public required string Id { get; init; }
    public required long OwnerId { get; init; }
    public required string Name { get; init; }
    public required string Type { get; init; }
    public required string Description { get; init; }
    public string? Topics { get; init; }
    public required IReadOnlyList<PendingFile> Files { get; init; }

    /// <summary>Bytes of every part but a file's last.</summary>
    public required long PartSize { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Key of this record.</summary>
    public string Key => KeyOf(Id);

    /// <summary>The parts of a file: number from 1, and bytes.</summary>
    public IEnumerable<(int Number, long Size)> PartsOf(PendingFile file)
    {
        for (long from = 0; from < file.Size; from += PartSize) yield return ((int)(from / PartSize) + 1, Math.Min(PartSize, file.Size - from));
    }

    /// <summary>Key of a part; made by us, never from the name that a client sent.</summary>
    public string PartKeyOf(PendingFile file, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{FolderOf(Id)}{Files.Index().First(entry => ReferenceEquals(entry.Item, file)).Index}/{number}");

    public static string FolderOf(string id) => $"{Prefix}{id}/";

    public static string KeyOf(string id) => $"{FolderOf(id)}upload.json";

    /// <summary>Ids are ours: anything else is no part of a key.</summary>
    public static bool IsId(string text) => Guid.TryParseExact(text, "N", out _);

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, PendingUploadJson.Default.PendingUpload);

    public static PendingUpload FromBytes(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, PendingUploadJson.Default.PendingUpload)!;
}

/// <summary>One file of an upload in parts.</summary>
/// <param name="Field">What it is.</param>
/// <param name="FileName">A plain name.</param>
/// <param name="Size">Bytes that are announced.</param>
public sealed record PendingFile(string Field, string FileName, long Size);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PendingUpload))]
internal sealed partial class PendingUploadJson : JsonSerializerContext;
