using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace SimulationManager.LocalS3.Storage;

/// <summary>All buckets of a data folder. One server per folder: a lock file sees to that.</summary>
internal sealed partial class BucketStore : IDisposable
{
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly TimeProvider _clock;
    private readonly FileStream _held;

    /// <exception cref="IOException">Another server uses the folder.</exception>
    public BucketStore(string dataFolder, TimeProvider clock)
    {
        _folder = Path.Combine(dataFolder, "buckets");
        _clock = clock;
        Directory.CreateDirectory(_folder);
        _held = new FileStream(Path.Combine(dataFolder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        foreach (var bucket in Directory.EnumerateDirectories(_folder).Where(folder => NamePattern().IsMatch(Path.GetFileName(folder))))
            _buckets[Path.GetFileName(bucket)] = new Bucket(bucket, clock);
    }

    public IEnumerable<Bucket> List() => _buckets.Values.OrderBy(bucket => bucket.Name, StringComparer.Ordinal);

    /// <exception cref="S3Error">There is none of that name.</exception>
    public Bucket Get(string name) => _buckets.TryGetValue(name, out var bucket) ? bucket : throw S3Error.NoSuchBucket();

    public void Create(string name)
    {
        if (!NamePattern().IsMatch(name) || name.Contains("..", StringComparison.Ordinal))
            throw new S3Error(400, "InvalidBucketName", "A bucket's name has 3 to 63 letters, digits, dots and dashes, in lower case, and begins and ends with a letter or digit.");
        lock (_lock)
        {
            if (_buckets.ContainsKey(name))
                throw new S3Error(409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.");
            _buckets[name] = new Bucket(Path.Combine(_folder, name), _clock);
        }
    }

    public void Delete(string name)
    {
        lock (_lock)
        {
            if (!Get(name).IsEmpty)
                throw new S3Error(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.");
            _buckets.TryRemove(name, out var bucket);
            Directory.Delete(bucket!.Folder, recursive: true);
        }
    }

    public void Dispose() => _held.Dispose();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z")]
    private static partial Regex NamePattern();
}
