using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace SimulationManager.Replay;

/// <summary>Who takes part in a domain for the agents of one cohort: one participant with all their writers. Its members are not for several threads at once.</summary>
internal sealed unsafe class DdsParticipant : IDisposable
{
    private const string SimulationKey = "simulation=";
    private const int MaxParticipants = 512;
    private const int Alive = 16;
    private const int SamplesAtOnce = 64;

    /// <summary>Messages that a reader keeps until they are taken; older ones give way.</summary>
    private const int KeptSamples = 512;

    private readonly DdsDomain _domain;
    private readonly int _handle;
    private readonly int _participants;
    private readonly Dictionary<string, (int Topic, nint Type, string TypeName)> _topics = new(StringComparer.Ordinal);
    private int _waitSet;
    private bool _isDisposed;

    /// <param name="options">The domain, and how it is reached.</param>
    /// <param name="simulation">The simulation's number, by which others of this system know it.</param>
    /// <exception cref="DdsException">The library is not there, or the domain cannot be opened.</exception>
    public DdsParticipant(DdsEndpointOptions options, string simulation)
    {
        DdsLibrary.Require();
        _domain = DdsDomain.Open(options);
        var qos = DdsNative.CreateQos();
        try
        {
            // As every participant of ROS without security has it; what it does not know it passes over.
            var userData = Encoding.UTF8.GetBytes($"enclave=/;{SimulationKey}{simulation};");
            fixed (byte* data = userData) DdsNative.SetUserData(qos, data, (nuint)userData.Length);
            _handle = DdsException.ThrowIfFailed(DdsNative.CreateParticipant((uint)options.Domain, qos, 0), $"the domain {options.Domain} takes no participant");
            _participants = DdsException.ThrowIfFailed(DdsNative.CreateReader(_handle, DdsNative.ParticipantTopic, 0, 0), "the participants of the domain cannot be read");
        }
        catch (DdsException)
        {
            _domain.Dispose();
            throw;
        }
        finally
        {
            DdsNative.DeleteQos(qos);
        }
        Id = IdOf(_handle);
    }

    /// <summary>Its id in the domain (GUID), 16 bytes.</summary>
    public byte[] Id { get; }

    /// <summary>Makes a writer, and its topic if there is none of that name.</summary>
    /// <param name="topic">The topic's DDS name.</param>
    /// <param name="type">The type's DDS name.</param>
    /// <param name="offer">What the writer offers.</param>
    /// <param name="userData">What others are told of it besides.</param>
    /// <exception cref="DdsException">The library refuses it.</exception>
    public DdsWriter CreateWriter(string topic, string type, WriterQos offer, string userData)
    {
        var (handle, sertype, known) = _topics.TryGetValue(topic, out var open) ? open : _topics[topic] = CreateTopic(topic, type);
        if (known != type) throw new DdsException($"the topic {topic} has the type {known} already, and {type} is another one");
        var qos = offer.Create(userData);
        try
        {
            var writer = DdsException.ThrowIfFailed(DdsNative.CreateWriter(_handle, handle, qos, 0), $"the topic {topic} takes no writer");
            return new DdsWriter(writer, sertype, offer.IsReliable, IdOf(writer));
        }
        finally
        {
            DdsNative.DeleteQos(qos);
        }
    }

    /// <summary>Makes a reader, and its topic if there is none of that name.</summary>
    /// <param name="topic">The topic's DDS name.</param>
    /// <param name="type">The type's DDS name.</param>
    /// <param name="isReliable">Whether what gets lost is to be sent again.</param>
    /// <param name="isTransientLocal">Whether what was published before is to be sent as well.</param>
    /// <exception cref="DdsException">The library refuses it.</exception>
    public int CreateReader(string topic, string type, bool isReliable, bool isTransientLocal)
    {
        var (handle, _, known) = _topics.TryGetValue(topic, out var open) ? open : _topics[topic] = CreateTopic(topic, type);
        if (known != type) throw new DdsException($"the topic {topic} has the type {known} already, and {type} is another one");
        var qos = DdsNative.CreateQos();
        try
        {
            DdsNative.SetReliability(qos, isReliable ? 1 : 0, 0);
            DdsNative.SetDurability(qos, isTransientLocal ? 1 : 0);
            // Not all that comes: who publishes must never wait for us.
            DdsNative.SetHistory(qos, kind: 0, KeptSamples);
            return DdsException.ThrowIfFailed(DdsNative.CreateReader(_handle, handle, qos, 0), $"the topic {topic} takes no reader");
        }
        finally
        {
            DdsNative.DeleteQos(qos);
        }
    }

    /// <summary>Lets an argument be told by <see cref="Wait"/> when a reader has something.</summary>
    /// <exception cref="DdsException">The library refuses it.</exception>
    public void WaitFor(int reader, int argument)
    {
        if (_waitSet == 0) _waitSet = DdsException.ThrowIfFailed(DdsNative.CreateWaitSet(_handle), "readers cannot be waited for");
        var condition = DdsException.ThrowIfFailed(DdsNative.CreateReadCondition(reader, DdsNative.AnyState), "a reader cannot be waited for");
        DdsException.ThrowIfFailed(DdsNative.Attach(_waitSet, condition, argument), "a reader cannot be waited for");
    }

    /// <summary>Waits for readers.</summary>
    /// <param name="arguments">Takes the arguments of those that have something.</param>
    /// <param name="longest">How long it waits.</param>
    /// <returns>How many have something; may be more than fit.</returns>
    public int Wait(Span<nint> arguments, TimeSpan longest)
    {
        fixed (nint* first = arguments) return DdsNative.Wait(_waitSet, first, (nuint)arguments.Length, longest.Ticks * 100);
    }

    /// <summary>Opens a reader of the writers that are known, and come to be known.</summary>
    /// <exception cref="DdsException">The library refuses it.</exception>
    public int CreatePublicationReader() =>
        DdsException.ThrowIfFailed(DdsNative.CreateReader(_handle, DdsNative.PublicationTopic, 0, 0), "the writers of the domain cannot be read");

    /// <summary>Takes what is new about writers.</summary>
    public static List<DdsPublication> TakePublications(int reader)
    {
        var samples = stackalloc nint[SamplesAtOnce];
        new Span<nint>(samples, SamplesAtOnce).Clear();
        var infos = stackalloc SampleInfo[SamplesAtOnce];
        var found = new List<DdsPublication>();
        var count = DdsNative.Take(reader, samples, infos, SamplesAtOnce, SamplesAtOnce);
        for (var i = 0; i < count; i++)
        {
            if (infos[i] is not { InstanceState: Alive, IsValid: not 0 }) continue;
            var writer = (EndpointSample*)samples[i];
            _ = DdsNative.GetReliability(writer->Qos, out var reliability, out _);
            _ = DdsNative.GetDurability(writer->Qos, out var durability);
            found.Add(new DdsPublication(
                Marshal.PtrToStringUTF8(writer->TopicName) ?? "", Marshal.PtrToStringUTF8(writer->TypeName) ?? "", reliability == 1, durability >= 1, UserDataOf(writer->Qos) ?? ""));
        }
        if (count > 0) _ = DdsNative.ReturnLoan(reader, samples, count);
        return found;
    }

    /// <summary>Takes messages from a reader.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="take">Gets each payload, and when it was published: nanoseconds since 1970.</param>
    /// <returns>Whether there may be more.</returns>
    public static bool TakeMessages(int reader, Action<byte[], long> take)
    {
        var samples = stackalloc nint[SamplesAtOnce];
        var infos = stackalloc SampleInfo[SamplesAtOnce];
        var count = DdsNative.TakeCdr(reader, samples, SamplesAtOnce, infos, DdsNative.AnyState);
        for (var i = 0; i < count; i++)
        {
            if (infos[i].IsValid != 0) take(RawCdr.PayloadOf(samples[i]), infos[i].PublishedAt);
            DdsNative.ReleaseSerdata(samples[i]);
        }
        return count == SamplesAtOnce;
    }

    /// <summary>Who else is in the domain as far as it is known by now; any thread.</summary>
    public OtherParticipants Others()
    {
        var samples = new nint[MaxParticipants];
        var infos = new SampleInfo[MaxParticipants];
        fixed (nint* first = samples)
        fixed (SampleInfo* firstInfo = infos)
        {
            var count = DdsNative.Read(_participants, first, firstInfo, MaxParticipants, MaxParticipants);
            if (count <= 0) return new OtherParticipants(0, []);
            var foreign = 0;
            var simulations = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < count; i++)
            {
                if (infos[i] is not { InstanceState: Alive, IsValid: not 0 }) continue;
                var found = (ParticipantSample*)samples[i];
                if (new ReadOnlySpan<byte>(found->Id, 16).SequenceEqual(Id)) continue;
                if (SimulationOf(found->Qos) is { } simulation) simulations.Add(simulation);
                else foreign++;
            }
            _ = DdsNative.ReturnLoan(_participants, first, count);
            return new OtherParticipants(foreign, [.. simulations.Order(StringComparer.Ordinal)]);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        _ = DdsNative.Delete(_handle);
        _domain.Dispose();
    }

    private (int, nint, string) CreateTopic(string topic, string type)
    {
        var sertype = RawCdr.CreateType(type);
        var made = sertype;
        // Takes over our reference, and puts the one type of that name that the domain has in its place.
        var handle = DdsNative.CreateTopic(_handle, topic, &sertype, 0, 0, 0);
        if (handle < 0) DdsNative.ReleaseSertype(made);
        return (DdsException.ThrowIfFailed(handle, $"the topic {topic} cannot be made"), sertype, type);
    }

    private static string? SimulationOf(nint qos)
    {
        return UserDataOf(qos)?.Split(';').FirstOrDefault(part => part.StartsWith(SimulationKey, StringComparison.Ordinal))?[SimulationKey.Length..];
    }

    private static string? UserDataOf(nint qos)
    {
        if (!DdsNative.GetUserData(qos, out var data, out var length) || data == 0) return null;
        var text = Marshal.PtrToStringUTF8(data, (int)length);
        DdsNative.Free(data);
        return text;
    }

    private static byte[] IdOf(int entity)
    {
        var id = new byte[16];
        fixed (byte* bytes = id) DdsException.ThrowIfFailed(DdsNative.GetGuid(entity, bytes), "an id is not known");
        return id;
    }

    /// <summary><c>dds_builtintopic_participant_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ParticipantSample
    {
        public fixed byte Id[16];
        public nint Qos;
    }

    /// <summary><c>dds_sample_info_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct SampleInfo
    {
        public int SampleState;
        public int ViewState;
        public int InstanceState;
        public byte IsValid;
        public long PublishedAt;
    }

    /// <summary><c>dds_builtintopic_endpoint_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct EndpointSample
    {
        public fixed byte Id[16];
        public fixed byte Participant[16];
        public ulong ParticipantHandle;
        public nint TopicName;
        public nint TypeName;
        public nint Qos;
    }
}

/// <summary>A writer of a domain, of this process or another.</summary>
/// <param name="Topic">Its topic's DDS name.</param>
/// <param name="Type">The type's DDS name.</param>
/// <param name="IsReliable">Whether it offers to send again what gets lost.</param>
/// <param name="IsTransientLocal">Whether it offers what it has published before.</param>
/// <param name="UserData">What it tells of itself besides.</param>
internal sealed record DdsPublication(string Topic, string Type, bool IsReliable, bool IsTransientLocal, string UserData);

/// <summary>Who else takes part in a domain.</summary>
/// <param name="Foreign">Participants that are not of this system.</param>
/// <param name="Simulations">The numbers of the simulations whose agents are in it, in order.</param>
internal sealed record OtherParticipants(int Foreign, IReadOnlyList<string> Simulations)
{
    /// <summary>What whoever runs a simulation ought to know of them.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="simulation">The simulation's own number.</param>
    public IEnumerable<string> Warnings(int domain, string simulation)
    {
        if (Foreign > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"the domain {domain} has {Foreign} other participant{(Foreign == 1 ? ", who hears" : "s, who hear")} these agents and whose subscribers do");
        }
        if (Simulations.Where(other => other != simulation).ToArray() is { Length: > 0 } others) yield return $"the domain {domain} has the agents of other simulations as well: {string.Join(", ", others)}";
    }
}

/// <summary>A writer of one topic. For any number of threads.</summary>
/// <param name="handle">The library's handle.</param>
/// <param name="type">Its topic's type.</param>
/// <param name="isReliable">Whether subscribers say what they have got.</param>
/// <param name="id">Its id in the domain (GUID), 16 bytes.</param>
internal sealed unsafe class DdsWriter(int handle, nint type, bool isReliable, byte[] id)
{
    public byte[] Id => id;

    /// <summary>Whether all reliable subscribers have got everything.</summary>
    public bool IsAcknowledged => !isReliable || DdsNative.WaitForAcks(handle, 0) != DdsNative.Timeout;

    /// <summary>Subscribers that the writer knows of.</summary>
    public int Subscribers => Math.Max(0, DdsNative.GetMatchedSubscriptions(handle, null, 0));

    /// <summary>Whether messages were handed over since the last <see cref="Flush"/>. For whoever writes.</summary>
    public bool HasUnsent { get; private set; }

    /// <summary>
    /// Hands a message over, which goes out when a packet is full or by <see cref="Flush"/>, and waits a moment where a reliable subscriber does not keep up.
    /// </summary>
    /// <returns>0, or what the library says instead.</returns>
    public int Write(ReadOnlySpan<byte> payload)
    {
        HasUnsent = true;
        return DdsNative.WriteCdr(handle, RawCdr.CreateSample(type, payload));
    }

    /// <summary>
    /// Has the library keep the only instance that messages without a key are of, which all our writers in a domain share. Otherwise it is made and taken away
    /// again with each message that subscribers have got, which costs more than the message.
    /// </summary>
    public void KeepInstance()
    {
        byte key = 0;
        DdsException.ThrowIfFailed(DdsNative.RegisterInstance(handle, out _, &key), "the instance of messages cannot be kept");
    }

    /// <summary>Sends what was handed over.</summary>
    public void Flush()
    {
        HasUnsent = false;
        DdsNative.Flush(handle);
    }

    /// <summary>Takes the writer away; what reliable subscribers have not got yet has a second to get there.</summary>
    public void Delete() => _ = DdsNative.Delete(handle);
}
