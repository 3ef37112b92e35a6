using System.Text.Json.Serialization;

namespace SimulationManager.LocalS3.Storage;

/// <summary>An object without its content, as it is written behind the content in the object's file.</summary>
internal sealed record StoredObject
{
    public required string Key { get; init; }
    /// <summary>In bytes.</summary>
    public required long Size { get; init; }
    /// <summary>Without quotes: MD5 in hex, for multipart objects followed by a dash and the number of parts.</summary>
    public required string ETag { get; init; }
    public required DateTimeOffset LastModified { get; init; }
    /// <summary>Standard headers to give back: Content-Type, Cache-Control and the like.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
    /// <summary>User metadata; lower-case names with their <c>x-amz-meta-</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

/// <summary>A multipart upload that is under way.</summary>
internal sealed record PendingUpload
{
    public required string UploadId { get; init; }
    public required string Key { get; init; }
    public required DateTimeOffset Initiated { get; init; }
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

[JsonSerializable(typeof(StoredObject))]
[JsonSerializable(typeof(PendingUpload))]
internal sealed partial class StorageJson : JsonSerializerContext;
