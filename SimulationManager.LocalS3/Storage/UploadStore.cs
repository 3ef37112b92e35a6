using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace SimulationManager.LocalS3.Storage;

/// <summary>The multipart uploads of a bucket: a folder each, with a file per part. They survive a restart.</summary>
internal sealed class UploadStore
{
    /// <summary>In bytes; every part but the last must have it.</summary>
    public const long SmallestPart = 5 * 1024 * 1024;
    public const int HighestPartNumber = 10_000;

    private readonly Bucket _bucket;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, PendingUpload> _uploads = new(StringComparer.Ordinal);

    public UploadStore(Bucket bucket, TimeProvider clock)
    {
        _bucket = bucket;
        _clock = clock;
        Directory.CreateDirectory(Folder);
        foreach (var folder in Directory.EnumerateDirectories(Folder))
        {
            if (Read(folder) is { } upload)
                _uploads[upload.UploadId] = upload;
            else
                Directory.Delete(folder, recursive: true);
        }
    }

    public bool Any => !_uploads.IsEmpty;

    private string Folder => Path.Combine(_bucket.Folder, "uploads");

    public IReadOnlyList<PendingUpload> List() =>
        [.. _uploads.Values.OrderBy(upload => upload.Key, Utf8Order.Instance).ThenBy(upload => upload.UploadId, StringComparer.Ordinal)];

    public PendingUpload Begin(PendingUpload template)
    {
        var upload = template with { UploadId = Guid.NewGuid().ToString("N"), Initiated = _clock.GetUtcNow() };
        Directory.CreateDirectory(FolderOf(upload));
        File.WriteAllBytes(Path.Combine(FolderOf(upload), "upload"), JsonSerializer.SerializeToUtf8Bytes(upload, StorageJson.Default.PendingUpload));
        _uploads[upload.UploadId] = upload;
        return upload;
    }

    /// <exception cref="S3Error">There is none of that id for that key.</exception>
    public PendingUpload Get(string uploadId, string key) =>
        _uploads.TryGetValue(uploadId, out var upload) && upload.Key == key ? upload : throw S3Error.NoSuchUpload();

    public async Task<StoredObject> PutPartAsync(PendingUpload upload, int number, Stream content, ContentChecks checks, CancellationToken cancellationToken)
    {
        var half = _bucket.NewHalfPath();
        try
        {
            var template = new StoredObject { Key = upload.Key, Size = 0, ETag = "", LastModified = default };
            var part = await _bucket.WriteAsync(half, template, content, checks, cancellationToken).ConfigureAwait(false);
            if (!Directory.Exists(FolderOf(upload)))
                throw S3Error.NoSuchUpload();
            File.Move(half, PartPath(upload, number), overwrite: true);
            return part;
        }
        finally
        {
            File.Delete(half);
        }
    }

    public IReadOnlyList<(int Number, StoredObject Part)> ListParts(PendingUpload upload) =>
        [.. Directory.EnumerateFiles(FolderOf(upload), "part-*")
            .Select(path => (int.Parse(Path.GetFileName(path)["part-".Length..], CultureInfo.InvariantCulture), ObjectFile.ReadMetadata(path)!))
            .Where(part => part.Item2 is not null).OrderBy(part => part.Item1)];

    /// <summary>Joins the parts named by the client, in its order, to the object, and ends the upload.</summary>
    public async Task<StoredObject> CompleteAsync(
        PendingUpload upload, IReadOnlyList<(int Number, string ETag)> wanted, PutCondition condition, CancellationToken cancellationToken)
    {
        var parts = Choose(upload, wanted);
        var half = _bucket.NewHalfPath();
        try
        {
            var stored = new StoredObject
            {
                Key = upload.Key,
                Size = parts.Sum(part => part.Part.Size),
                ETag = string.Create(CultureInfo.InvariantCulture, $"{JoinedETag(parts)}-{parts.Count}"),
                LastModified = _bucket.Now(),
                Headers = upload.Headers,
                Metadata = upload.Metadata,
            };
            await using (var file = ObjectFile.Create(half))
            {
                foreach (var (number, part) in parts)
                {
                    await using var content = new SlicedStream(ObjectFile.OpenContent(PartPath(upload, number)), 0, part.Size);
                    await ObjectFile.WriteContentAsync(file, content, _ => { }, cancellationToken).ConfigureAwait(false);
                }

                await ObjectFile.FinishAsync(file, stored, cancellationToken).ConfigureAwait(false);
            }

            _bucket.Commit(half, stored, condition);
            Abort(upload);
            return stored;
        }
        finally
        {
            File.Delete(half);
        }
    }

    public void Abort(PendingUpload upload)
    {
        _uploads.TryRemove(upload.UploadId, out _);
        if (Directory.Exists(FolderOf(upload)))
            Directory.Delete(FolderOf(upload), recursive: true);
    }

    private List<(int Number, StoredObject Part)> Choose(PendingUpload upload, IReadOnlyList<(int Number, string ETag)> wanted)
    {
        var present = ListParts(upload).ToDictionary(part => part.Number, part => part.Part);
        if (wanted.Count == 0)
            throw S3Error.MalformedXml();
        if (wanted.Zip(wanted.Skip(1)).Any(pair => pair.First.Number >= pair.Second.Number))
            throw new S3Error(400, "InvalidPartOrder", "The list of parts was not in ascending order.");
        if (wanted.Any(part => !present.TryGetValue(part.Number, out var stored) || stored.ETag != part.ETag))
            throw new S3Error(400, "InvalidPart", "One or more of the specified parts could not be found, or its entity tag does not match.");
        if (wanted.SkipLast(1).Any(part => present[part.Number].Size < SmallestPart))
            throw new S3Error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed object size.");
        return [.. wanted.Select(part => (part.Number, present[part.Number]))];
    }

    private static string JoinedETag(IEnumerable<(int Number, StoredObject Part)> parts)
    {
        using var hash = ObjectFile.NewETagHash();
        foreach (var (_, part) in parts)
            hash.AppendData(Convert.FromHexString(part.ETag));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static PendingUpload? Read(string folder)
    {
        var path = Path.Combine(folder, "upload");
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), StorageJson.Default.PendingUpload);
        }
        catch (Exception half) when (half is IOException or JsonException)
        {
            return null;
        }
    }

    private string FolderOf(PendingUpload upload) => Path.Combine(Folder, upload.UploadId);

    private string PartPath(PendingUpload upload, int number) =>
        Path.Combine(FolderOf(upload), string.Create(CultureInfo.InvariantCulture, $"part-{number:D5}"));
}
