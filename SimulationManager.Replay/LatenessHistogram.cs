using System.Buffers;
using System.Numerics;

namespace SimulationManager.Replay;

/// <summary>
/// Lateness in microseconds, counted in log-linear buckets: exact below 16 µs, then 16 buckets per power of two (at most
/// 6.25 % off) up to 67 s; what is later counts in the last bucket. 1.5 KB, written by one thread without locks.
/// </summary>
public sealed class LatenessHistogram
{
    private const int SubBucketBits = 4;
    private const int SubBuckets = 1 << SubBucketBits;
    private const int MaxBits = 26;
    private const int BucketCount = (MaxBits - SubBucketBits + 1) * SubBuckets;

    private readonly uint[] _counts = new uint[BucketCount];
    private long _max;

    /// <summary>Number of recorded values.</summary>
    public long Count { get; private set; }

    /// <summary>The greatest recorded value, in microseconds, exact.</summary>
    public long Max => _max;

    /// <summary>Counts one message.</summary>
    /// <param name="nanoseconds">How late it was; being early counts as 0.</param>
    public void Record(long nanoseconds)
    {
        var microseconds = nanoseconds <= 0 ? 0 : nanoseconds / 1000;
        if (microseconds > _max) _max = microseconds;
        Count++;
        _counts[BucketOf(microseconds)]++;
    }

    /// <summary>Adds all that <paramref name="other"/> has counted.</summary>
    public void Add(LatenessHistogram other)
    {
        for (var i = 0; i < BucketCount; i++) _counts[i] += other._counts[i];
        Count += other.Count;
        _max = Math.Max(_max, other._max);
    }

    /// <summary>
    /// The value in microseconds that <paramref name="fraction"/> (0–1) of all messages did not exceed; 0 when there are none.
    /// </summary>
    public long Percentile(double fraction)
    {
        if (Count == 0) return 0;
        var rank = Math.Max(1, (long)Math.Ceiling(fraction * Count));
        long seen = 0;
        for (var i = 0; i < BucketCount; i++)
        {
            seen += _counts[i];
            if (seen >= rank) return i == BucketCount - 1 ? _max : Math.Min(_max, UpperBound(i));
        }
        return _max;
    }

    /// <summary>What was counted since <paramref name="earlier"/>, a copy of this histogram; its maximum is a bucket's upper bound.</summary>
    public LatenessHistogram Since(LatenessHistogram earlier)
    {
        var difference = new LatenessHistogram();
        for (var i = 0; i < BucketCount; i++)
        {
            var count = _counts[i] - earlier._counts[i];
            if (count == 0) continue;
            difference._counts[i] = count;
            difference.Count += count;
            difference._max = Math.Min(_max, UpperBound(i));
        }
        return difference;
    }

    /// <summary>An independent copy.</summary>
    public LatenessHistogram Copy()
    {
        var copy = new LatenessHistogram();
        copy.Add(this);
        return copy;
    }

    /// <summary>Appends the buckets that are not empty, as varints: a few dozen bytes for a typical agent.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        Varint.Write(output, (ulong)_max);
        Varint.Write(output, (ulong)_counts.Count(count => count != 0));
        for (var i = 0; i < BucketCount; i++)
        {
            if (_counts[i] == 0) continue;
            Varint.Write(output, (ulong)i);
            Varint.Write(output, _counts[i]);
        }
    }

    /// <summary>What <see cref="Write"/> writes, alone.</summary>
    public byte[] ToBytes()
    {
        var output = new ArrayBufferWriter<byte>(256);
        Write(output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote and moves <paramref name="input"/> past it.</summary>
    /// <exception cref="FormatException">It is not a histogram.</exception>
    public static LatenessHistogram Read(ref ReadOnlySpan<byte> input)
    {
        var histogram = new LatenessHistogram { _max = (long)Varint.Read(ref input) };
        for (var left = Varint.Read(ref input); left > 0; left--)
        {
            var bucket = Varint.Read(ref input);
            if (bucket >= BucketCount) throw new FormatException($"A lateness histogram has no bucket {bucket}.");
            var count = checked((uint)Varint.Read(ref input));
            histogram._counts[bucket] = count;
            histogram.Count += count;
        }
        return histogram;
    }

    private static int BucketOf(long microseconds)
    {
        if (microseconds < SubBuckets) return (int)microseconds;
        var bits = BitOperations.Log2((ulong)microseconds);
        if (bits >= MaxBits) return BucketCount - 1;
        var shift = bits - SubBucketBits;
        return ((shift + 1) << SubBucketBits) + (int)(microseconds >> shift) - SubBuckets;
    }

    private static long UpperBound(int bucket)
    {
        if (bucket < SubBuckets) return bucket;
        var shift = (bucket >> SubBucketBits) - 1;
        return ((long)((bucket & (SubBuckets - 1)) + SubBuckets + 1) << shift) - 1;
    }
}
