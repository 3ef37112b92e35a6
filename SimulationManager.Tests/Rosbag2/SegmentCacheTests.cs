using SimulationManager.Rosbag2.Mcap;

namespace SimulationManager.Tests.Rosbag2;

public sealed class SegmentCacheTests
{
    [Fact]
    public void Oldest_segments_make_room_and_their_memory_is_used_again()
    {
        var cache = new SegmentCache(capacityBytes: 3000);
        foreach (var index in Enumerable.Range(0, 4))
        {
            cache.Keep(Key(index), Segment());
            cache.Release(Key(index));
        }

        Assert.Equal([false, true, true, true], Enumerable.Range(0, 4).Select(index => IsThere(cache, index)));
        Assert.Equal(1000, cache.Rent().MemoryBytes);
        Assert.Equal(0, cache.Rent().MemoryBytes);
    }

    [Fact]
    public void Segment_in_use_stays_however_many_come_after_it()
    {
        var cache = new SegmentCache(capacityBytes: 2000);
        var used = cache.Keep(Key(0), Segment());
        foreach (var index in Enumerable.Range(1, 10))
        {
            cache.Keep(Key(index), Segment());
            cache.Release(Key(index));
        }

        Assert.Same(used, cache.Find(Key(0)));
        Assert.Equal(1, Enumerable.Range(1, 10).Count(index => IsThere(cache, index)));
    }

    [Fact]
    public void Two_threads_that_read_the_same_segment_share_it()
    {
        var cache = new SegmentCache(capacityBytes: 0);
        var first = cache.Keep(Key(0), Segment());

        Assert.Same(first, cache.Keep(Key(0), Segment()));
        cache.Release(Key(0));
        Assert.Same(first, cache.Find(Key(0)));
        cache.Release(Key(0));
        cache.Release(Key(0));
        Assert.Null(cache.Find(Key(0)));
    }

    private static SegmentKey Key(int index) => new(null!, index);

    private static LoadedSegment Segment()
    {
        var segment = new LoadedSegment();
        segment.Begin(1000);
        return segment;
    }

    private static bool IsThere(SegmentCache cache, int index)
    {
        if (cache.Find(Key(index)) is null)
            return false;
        cache.Release(Key(index));
        return true;
    }
}
