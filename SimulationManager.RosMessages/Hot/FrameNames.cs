using System.Text;

namespace SimulationManager.RosMessages;

/// <summary>
/// New names for coordinate frames: those named get the name given, all others a prefix. Empty names stay empty. Immutable; a
/// look-up does not allocate.
/// </summary>
public sealed class FrameNames
{
    // Length, one character, closing zero; what follows may have to be aligned to eight bytes.
    private const int ShortestName = 6;
    private const int MostPadding = 7;

    private readonly byte[] _prefix;
    private readonly Table _table;

    /// <summary>Creates a renaming.</summary>
    /// <param name="prefix">What every other frame's name is to begin with, such as <c>robot_7/</c>; may be empty.</param>
    /// <param name="names">Old names and their new ones. A frame that all robots share, such as <c>map</c>, is named as its own.</param>
    public FrameNames(string prefix, IEnumerable<KeyValuePair<string, string>>? names = null)
        : this(prefix, new Table(names ?? []))
    {
    }

    private FrameNames(string prefix, Table table)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        _prefix = Encoding.UTF8.GetBytes(prefix);
        _table = table;
    }

    /// <summary>The same renaming with another prefix. Both share the table of names.</summary>
    /// <param name="prefix">What every other frame's name is to begin with.</param>
    public FrameNames WithPrefix(string prefix) => new(prefix, _table);

    /// <summary>Bytes that a payload takes at most under the new names, whatever is in it.</summary>
    /// <param name="length">Bytes that it takes now.</param>
    public long LongestPayload(int length) => length + (((length / ShortestName) + 1L) * (Math.Max(_prefix.Length, _table.LongerBy) + MostPadding));

    /// <summary>The two parts of a frame's new name.</summary>
    internal (byte[] Prefix, bool IsWhole) Find(ReadOnlySpan<byte> name) =>
        _table.Names.TryGetValue(name, out var renamed) ? (renamed, true) : name.IsEmpty ? ([], true) : (_prefix, false);

    private sealed class Table
    {
        public Table(IEnumerable<KeyValuePair<string, string>> names)
        {
            var table = new Dictionary<byte[], byte[]>(new ByteComparer());
            foreach (var (from, to) in names)
                table[Encoding.UTF8.GetBytes(from)] = Encoding.UTF8.GetBytes(to);
            Names = table.GetAlternateLookup<ReadOnlySpan<byte>>();
            LongerBy = table.Select(name => name.Value.Length - name.Key.Length).Append(0).Max();
        }

        public Dictionary<byte[], byte[]>.AlternateLookup<ReadOnlySpan<byte>> Names { get; }

        /// <summary>Bytes by which a name becomes longer at most.</summary>
        public int LongerBy { get; }
    }

    private sealed class ByteComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
