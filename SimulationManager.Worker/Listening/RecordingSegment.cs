using System.Runtime.InteropServices;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.RosMessages;
using SimulationManager.Rosbag2;

namespace SimulationManager.Worker.Listening;

/// <summary>An MCAP file that is being written, and what is in it.</summary>
internal sealed class RecordingSegment : IDisposable
{
    /// <summary>What a message takes in a file beside its payload, before it is compressed.</summary>
    private const int MessageOverhead = 64;

    private readonly BagWriter _writer;
    private readonly string _folder;
    private readonly Dictionary<HeardTopic, Counts> _topics = [];

    /// <param name="folder">A folder that does not exist yet; the file is named like it.</param>
    /// <param name="about">What the file says of itself.</param>
    /// <param name="options">How it is written.</param>
    public RecordingSegment(string folder, IReadOnlyDictionary<string, string> about, BagWriterOptions options)
    {
        _folder = folder;
        _writer = BagWriter.Create(folder, options);
        _writer.AddMetadataRecord(new BagMetadataRecord("simulation-manager", about));
    }

    /// <summary>How files are written.</summary>
    public static BagWriterOptions Options { get; } = new() { Storage = BagStorageFormat.Mcap };

    /// <summary>Bytes of messages, before they are compressed.</summary>
    public long Bytes { get; private set; }

    public static long SizeOf(in HeardMessage message) => message.Payload.Length + MessageOverhead;

    /// <exception cref="BagFormatException">The disk is full.</exception>
    /// <exception cref="IOException">The same.</exception>
    public void Write(in HeardMessage message)
    {
        ref var counts = ref CollectionsMarshal.GetValueRefOrAddDefault(_topics, message.Topic, out var isKnown);
        if (!isKnown) counts = new Counts(AddTopic(message.Topic), 0, 0, message.ReceivedNs, message.ReceivedNs);
        _writer.Write(counts.Id, message.ReceivedNs, message.PublishedNs, 0, message.Payload.Span);
        counts = counts with
        {
            Messages = counts.Messages + 1,
            Bytes = counts.Bytes + message.Payload.Length,
            FirstNs = Math.Min(counts.FirstNs, message.ReceivedNs),
            LastNs = Math.Max(counts.LastNs, message.ReceivedNs),
        };
        Bytes += SizeOf(message);
    }

    /// <summary>Completes the file.</summary>
    /// <returns>Where it is.</returns>
    /// <exception cref="BagFormatException">The disk is full.</exception>
    /// <exception cref="IOException">The same.</exception>
    public string Complete() => Path.Combine(_folder, _writer.Complete().Files.Single().Path);

    /// <summary>What is in it.</summary>
    public IEnumerable<(HeardTopic Topic, RecordedTopic Recorded)> Topics() => _topics.Select(entry => (entry.Key, new RecordedTopic
    {
        Topic = entry.Key.CountedAs,
        Type = entry.Key.Type,
        Encoding = entry.Key.Encoding,
        Messages = entry.Value.Messages,
        Bytes = entry.Value.Bytes,
        First = UnixTime.FromUnixNanoseconds(entry.Value.FirstNs),
        Last = UnixTime.FromUnixNanoseconds(entry.Value.LastNs),
    }));

    /// <summary>Takes a file away that was not completed.</summary>
    public void Dispose() => _writer.Dispose();

    private int AddTopic(HeardTopic topic) => _writer.AddTopic(
        new BagTopic { Name = topic.Name, Type = topic.Type, SerializationFormat = topic.Encoding, OfferedQosProfiles = topic.OfferedQos, TypeDescriptionHash = topic.TypeHash },
        topic.Definition ?? (topic.Encoding == HeardTopic.Cdr && DefinitionOf(topic) is { } text ? new MessageDefinition { TopicType = topic.Type, Text = text, TypeDescriptionHash = topic.TypeHash } : null));

    /// <summary>The definition as far as this system has it: that of the topic's type hash, else the newest, since nobody says of which release the publisher is.</summary>
    private static string? DefinitionOf(HeardTopic topic)
    {
        try
        {
            foreach (var distro in Enum.GetValues<RosDistro>().OrderDescending())
            {
                if (BuiltInDefinitions.Find(topic.Type, distro) is { } schema && (topic.TypeHash.Length == 0 || TypeHash.Compute(schema) == topic.TypeHash)) return BuiltInDefinitions.FindText(topic.Type, distro);
            }
            return null;
        }
        catch (RosMessageException)
        {
            return null;
        }
    }

    private readonly record struct Counts(int Id, long Messages, long Bytes, long FirstNs, long LastNs);
}
