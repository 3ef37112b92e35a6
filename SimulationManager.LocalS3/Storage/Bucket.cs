using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace SimulationManager.LocalS3.Storage;

/// <summary>What an object's content must turn out to be before it counts.</summary>
internal sealed record ContentChecks
{
    public static ContentChecks None { get; } = new();

    /// <summary>Called with all content; the last call, with nothing, verifies.</summary>
    public Action<ReadOnlySpan<byte>>? OnBytes { get; init; }
    /// <summary>Called when the content is complete; throws when it is not what was promised.</summary>
    public Action<byte[], long>? OnComplete { get; init; }
}

/// <summary>A condition on what is there when an object is put in place.</summary>
/// <param name="MustNotExist"><c>If-None-Match: *</c>.</param>
/// <param name="ETag"><c>If-Match</c>, without quotes.</param>
internal readonly record struct PutCondition(bool MustNotExist, string? ETag);

/// <summary>
/// A bucket's folder and index. Every file's name is the hash of its key, so that no key, however hostile, can name a path.
/// </summary>
internal sealed class Bucket
{
    private readonly KeyIndex _index = new();
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;

    public Bucket(string folder, TimeProvider clock)
    {
        Folder = folder;
        _clock = clock;
        Name = Path.GetFileName(folder);
        Directory.CreateDirectory(ObjectsFolder);
        Directory.CreateDirectory(HalfFolder);
        Created = Directory.GetCreationTimeUtc(folder);
        foreach (var half in Directory.EnumerateFiles(HalfFolder))
            File.Delete(half);
        foreach (var file in Directory.EnumerateFiles(ObjectsFolder, "*", SearchOption.AllDirectories))
        {
            if (ObjectFile.ReadMetadata(file) is { } stored)
                _index.Set(stored);
        }

        Uploads = new UploadStore(this, clock);
    }

    public string Name { get; }
    public string Folder { get; }
    public DateTimeOffset Created { get; }
    public UploadStore Uploads { get; }

    private string ObjectsFolder => Path.Combine(Folder, "objects");
    private string HalfFolder => Path.Combine(Folder, "half");

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _index.Count == 0 && !Uploads.Any;
        }
    }

    public bool TryGet(string key, [NotNullWhen(true)] out StoredObject? stored)
    {
        lock (_lock)
            return _index.TryGet(key, out stored);
    }

    /// <summary>The object together with its open content, which stays readable when the object is replaced or deleted meanwhile.</summary>
    public (StoredObject Stored, FileStream Content) Open(string key)
    {
        lock (_lock)
        {
            if (!_index.TryGet(key, out var stored)) throw S3Error.NoSuchKey();
            try
            {
                return (stored, ObjectFile.OpenContent(PathOf(key)));
            }
            catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
            {
                // A person has deleted the file.
                throw S3Error.NoSuchKey();
            }
        }
    }

    public KeyPage List(string prefix, string delimiter, string after, int limit)
    {
        lock (_lock)
            return _index.List(prefix, delimiter, after, limit);
    }

    public string NewHalfPath() => Path.Combine(HalfFolder, Guid.NewGuid().ToString("N"));

    /// <summary>Stores the content beside the bucket's objects and puts it in place only when it is complete and verified.</summary>
    public async Task<StoredObject> PutAsync(StoredObject template, Stream content, ContentChecks checks, PutCondition condition, CancellationToken cancellationToken)
    {
        var half = NewHalfPath();
        try
        {
            var stored = await WriteAsync(half, template, content, checks, cancellationToken).ConfigureAwait(false);
            Commit(half, stored, condition);
            return stored;
        }
        finally
        {
            File.Delete(half);
        }
    }

    /// <summary>Writes a complete object file that is in nobody's listing yet.</summary>
    public async Task<StoredObject> WriteAsync(string path, StoredObject template, Stream content, ContentChecks checks, CancellationToken cancellationToken)
    {
        using var hash = ObjectFile.NewETagHash();
        await using var file = ObjectFile.Create(path);
        var size = await ObjectFile.WriteContentAsync(file, content, bytes =>
        {
            hash.AppendData(bytes);
            checks.OnBytes?.Invoke(bytes);
        }, cancellationToken).ConfigureAwait(false);
        var digest = hash.GetHashAndReset();
        checks.OnComplete?.Invoke(digest, size);
        var stored = template with { Size = size, ETag = Convert.ToHexStringLower(digest), LastModified = Now() };
        await ObjectFile.FinishAsync(file, stored, cancellationToken).ConfigureAwait(false);
        return stored;
    }

    /// <summary>Moves a complete object file to its place.</summary>
    public void Commit(string half, StoredObject stored, PutCondition condition)
    {
        lock (_lock)
        {
            var exists = _index.TryGet(stored.Key, out var present);
            if (condition.MustNotExist && exists)
                throw S3Error.PreconditionFailed();
            if (condition.ETag is { } wanted && (!exists || present!.ETag != wanted))
                throw exists ? S3Error.PreconditionFailed() : S3Error.NoSuchKey();
            if (!Directory.Exists(ObjectsFolder))
                throw S3Error.NoSuchBucket();
            var path = PathOf(stored.Key);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(half, path, overwrite: true);
            _index.Set(stored);
        }
    }

    /// <summary>Deleting what is not there is no error.</summary>
    public void Delete(string key)
    {
        lock (_lock)
        {
            if (_index.Remove(key))
                File.Delete(PathOf(key));
        }
    }

    /// <summary>Whole seconds, since HTTP dates have no more and a listing must agree with them.</summary>
    public DateTimeOffset Now()
    {
        var now = _clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
    }

    private string PathOf(string key)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        return Path.Combine(ObjectsFolder, name[..2], name);
    }
}
