using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using SimulationManager.Api.Viewing.Feeds;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>What a client wants of playback.</summary>
/// <param name="IsPause">To pause rather than to play.</param>
/// <param name="Speed">Speed factor.</param>
/// <param name="SeekTo">Where to go, nanoseconds since 1970; null: nowhere.</param>
/// <param name="Id">Names the request.</param>
internal sealed record PlaybackRequest(bool IsPause, float Speed, ulong? SeekTo, string Id);

/// <summary>
/// Binary frames of <c>foxglove.sdk.v1</c> that have to do with time and playback, little-endian
/// (https://github.com/foxglove/foxglove-sdk/tree/main/rust/foxglove/src/protocol).
/// </summary>
internal static class PlaybackFrames
{
    /// <summary>The first byte of a client's request.</summary>
    public const byte Request = 3;

    private const byte Time = 2, State = 5;
    private const byte Play = 0, Pause = 1, Ended = 3;

    // Opcode, command, speed, whether it seeks, where to, length of the id.
    private const int RequestHeader = 1 + 1 + sizeof(float) + 1 + sizeof(ulong) + sizeof(uint);

    // Opcode, status, time, speed, whether it sought, length of the id.
    private const int StateHeader = 1 + 1 + sizeof(ulong) + sizeof(float) + 1 + sizeof(uint);

    /// <summary>Reads a request. False: it is cut off, or no such request.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, [NotNullWhen(true)] out PlaybackRequest? request)
    {
        request = null;
        if (frame.Length < RequestHeader || frame[0] != Request || frame[1] is not (Play or Pause)) return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(frame[15..]);
        if (length > frame.Length - RequestHeader) return false;
        request = new PlaybackRequest(
            frame[1] == Pause, BinaryPrimitives.ReadSingleLittleEndian(frame[2..]), frame[6] == 0 ? null : BinaryPrimitives.ReadUInt64LittleEndian(frame[7..]),
            Encoding.UTF8.GetString(frame.Slice(RequestHeader, (int)length)));
        return true;
    }

    /// <summary>How it plays.</summary>
    /// <param name="state">How.</param>
    /// <param name="time">Where it is, nanoseconds since 1970.</param>
    /// <param name="hasSought">Whether it was sent there.</param>
    /// <param name="id">Names the request that this answers; empty: none.</param>
    public static byte[] WriteState(PlaybackState state, ulong time, bool hasSought, string id)
    {
        var name = Encoding.UTF8.GetBytes(id);
        var frame = new byte[StateHeader + name.Length];
        (frame[0], frame[1]) = (State, state.HasEnded ? Ended : state.IsPaused ? Pause : Play);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(2), time);
        BinaryPrimitives.WriteSingleLittleEndian(frame.AsSpan(10), (float)state.Rate);
        frame[14] = hasSought ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(15), (uint)name.Length);
        name.CopyTo(frame.AsSpan(StateHeader));
        return frame;
    }

    /// <summary>The clock by which messages are stamped.</summary>
    /// <param name="time">Nanoseconds since 1970.</param>
    public static byte[] WriteTime(ulong time)
    {
        var frame = new byte[1 + sizeof(ulong)];
        frame[0] = Time;
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(1), time);
        return frame;
    }
}
