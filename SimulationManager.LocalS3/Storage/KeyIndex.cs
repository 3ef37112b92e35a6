using System.Diagnostics.CodeAnalysis;

namespace SimulationManager.LocalS3.Storage;

/// <summary>The objects of a bucket in the order of S3 listings: by the bytes of the UTF-8 key.</summary>
internal sealed class KeyIndex
{
    private readonly List<string> _keys = [];
    private readonly Dictionary<string, StoredObject> _objects = new(StringComparer.Ordinal);

    public int Count => _keys.Count;

    public bool TryGet(string key, [NotNullWhen(true)] out StoredObject? stored) => _objects.TryGetValue(key, out stored);

    public void Set(StoredObject stored)
    {
        if (_objects.TryAdd(stored.Key, stored))
            _keys.Insert(~_keys.BinarySearch(stored.Key, Utf8Order.Instance), stored.Key);
        else
            _objects[stored.Key] = stored;
    }

    public bool Remove(string key)
    {
        if (!_objects.Remove(key))
            return false;
        _keys.RemoveAt(_keys.BinarySearch(key, Utf8Order.Instance));
        return true;
    }

    /// <summary>
    /// Objects and common prefixes after <paramref name="after"/>, at most <paramref name="limit"/> together. A common prefix counts as
    /// one entry however many keys it stands for, and its keys are skipped, not visited.
    /// </summary>
    public KeyPage List(string prefix, string delimiter, string after, int limit)
    {
        var page = new KeyPage();
        var index = Utf8Order.Instance.Compare(after, prefix) < 0 ? LowerBound(prefix) : UpperBound(after);
        while (index < _keys.Count && _keys[index].StartsWith(prefix, StringComparison.Ordinal))
        {
            var key = _keys[index];
            var cut = delimiter.Length == 0 ? -1 : key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
            var common = cut < 0 ? null : key[..(cut + delimiter.Length)];
            if (common is null || Utf8Order.Instance.Compare(common, after) > 0)
            {
                if (page.Objects.Count + page.CommonPrefixes.Count == limit)
                {
                    page.IsTruncated = true;
                    break;
                }

                page.Last = common ?? key;
                if (common is null)
                    page.Objects.Add(_objects[key]);
                else
                    page.CommonPrefixes.Add(common);
            }

            index = common is null ? index + 1 : EndOfPrefix(common, index);
        }

        return page;
    }

    private int LowerBound(string key)
    {
        var index = _keys.BinarySearch(key, Utf8Order.Instance);
        return index < 0 ? ~index : index;
    }

    private int UpperBound(string key)
    {
        var index = _keys.BinarySearch(key, Utf8Order.Instance);
        return index < 0 ? ~index : index + 1;
    }

    /// <summary>The first place after <paramref name="from"/> whose key does not begin with the prefix.</summary>
    private int EndOfPrefix(string prefix, int from)
    {
        var (low, high) = (from, _keys.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_keys[middle].StartsWith(prefix, StringComparison.Ordinal))
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}

/// <summary>One page of a listing.</summary>
internal sealed class KeyPage
{
    public List<StoredObject> Objects { get; } = [];
    public List<string> CommonPrefixes { get; } = [];
    public bool IsTruncated { get; set; }
    /// <summary>The last key or common prefix on the page, after which the next begins.</summary>
    public string Last { get; set; } = "";
}

/// <summary>Compares strings as their UTF-8 bytes would: UTF-16 order, but with surrogates above everything else.</summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static readonly Utf8Order Instance = new();

    public int Compare(string? x, string? y)
    {
        var (one, other) = (x ?? "", y ?? "");
        var common = one.AsSpan().CommonPrefixLength(other);
        if (common == one.Length || common == other.Length)
            return one.Length.CompareTo(other.Length);
        return Rank(one[common]).CompareTo(Rank(other[common]));
    }

    private static int Rank(char letter) => char.IsSurrogate(letter) ? letter + 0x10000 : letter;
}
