using System.Runtime.InteropServices;

namespace SimulationManager.Replay;

/// <summary>Functions of Eclipse Cyclone DDS 0.10 (<c>dds.h</c>, <c>ddsi_sertype.h</c>, <c>ddsi_serdata.h</c>). Only after <see cref="DdsLibrary.Problem"/> said that they are there.</summary>
internal static unsafe partial class DdsNative
{
    /// <summary>What <see cref="DdsLibrary"/> resolves to the file that it has found.</summary>
    public const string Library = "ddsc";

    public const int Ok = 0;
    public const int PreconditionNotMet = -4;
    public const int Timeout = -10;

    /// <summary>A duration without end.</summary>
    public const long Infinity = long.MaxValue;

    /// <summary>The pseudo topic of all participants that are known, <c>DDS_BUILTIN_TOPIC_DCPSPARTICIPANT</c>.</summary>
    public const int ParticipantTopic = 0x7fff0001;

    /// <summary>The pseudo topic of all writers that are known, <c>DDS_BUILTIN_TOPIC_DCPSPUBLICATION</c>.</summary>
    public const int PublicationTopic = 0x7fff0003;

    /// <summary>Samples of any state, <c>DDS_ANY_STATE</c>.</summary>
    public const uint AnyState = 127;

    [LibraryImport(Library, EntryPoint = "dds_create_domain", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateDomain(uint domain, string config);

    [LibraryImport(Library, EntryPoint = "dds_create_participant")]
    public static partial int CreateParticipant(uint domain, nint qos, nint listener);

    [LibraryImport(Library, EntryPoint = "dds_create_topic_sertype", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateTopic(int participant, string name, nint* sertype, nint qos, nint listener, nint discovered);

    [LibraryImport(Library, EntryPoint = "dds_create_writer")]
    public static partial int CreateWriter(int participant, int topic, nint qos, nint listener);

    [LibraryImport(Library, EntryPoint = "dds_create_reader")]
    public static partial int CreateReader(int participant, int topic, nint qos, nint listener);

    [LibraryImport(Library, EntryPoint = "dds_delete")]
    public static partial int Delete(int entity);

    [LibraryImport(Library, EntryPoint = "dds_get_guid")]
    public static partial int GetGuid(int entity, byte* guid);

    [LibraryImport(Library, EntryPoint = "dds_get_matched_subscriptions")]
    public static partial int GetMatchedSubscriptions(int writer, ulong* handles, nuint count);

    [LibraryImport(Library, EntryPoint = "dds_wait_for_acks")]
    public static partial int WaitForAcks(int writer, long timeout);

    [LibraryImport(Library, EntryPoint = "dds_writecdr")]
    public static partial int WriteCdr(int writer, nint serdata);

    /// <summary>Whether writers of all domains that are open, and of those that follow in them, pack messages and send them when a packet is full or <see cref="Flush"/> says so.</summary>
    [LibraryImport(Library, EntryPoint = "dds_write_set_batch")]
    public static partial void SetWriteBatch([MarshalAs(UnmanagedType.U1)] bool isOn);

    [LibraryImport(Library, EntryPoint = "dds_register_instance")]
    public static partial int RegisterInstance(int writer, out ulong instance, void* key);

    [LibraryImport(Library, EntryPoint = "dds_write_flush")]
    public static partial void Flush(int writer);

    [LibraryImport(Library, EntryPoint = "dds_read")]
    public static partial int Read(int reader, nint* samples, void* infos, nuint capacity, uint count);

    [LibraryImport(Library, EntryPoint = "dds_take")]
    public static partial int Take(int reader, nint* samples, void* infos, nuint capacity, uint count);

    [LibraryImport(Library, EntryPoint = "dds_takecdr")]
    public static partial int TakeCdr(int reader, nint* serdata, uint count, void* infos, uint mask);

    [LibraryImport(Library, EntryPoint = "dds_create_waitset")]
    public static partial int CreateWaitSet(int participant);

    [LibraryImport(Library, EntryPoint = "dds_create_readcondition")]
    public static partial int CreateReadCondition(int reader, uint mask);

    [LibraryImport(Library, EntryPoint = "dds_waitset_attach")]
    public static partial int Attach(int waitSet, int entity, nint argument);

    [LibraryImport(Library, EntryPoint = "dds_waitset_wait")]
    public static partial int Wait(int waitSet, nint* arguments, nuint count, long timeout);

    [LibraryImport(Library, EntryPoint = "dds_qget_reliability")]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool GetReliability(nint qos, out int kind, out long maxBlocking);

    [LibraryImport(Library, EntryPoint = "dds_qget_durability")]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool GetDurability(nint qos, out int kind);

    [LibraryImport(Library, EntryPoint = "dds_return_loan")]
    public static partial int ReturnLoan(int reader, nint* samples, int count);

    [LibraryImport(Library, EntryPoint = "dds_strretcode")]
    public static partial nint DescribeReturnCode(int code);

    [LibraryImport(Library, EntryPoint = "dds_create_qos")]
    public static partial nint CreateQos();

    [LibraryImport(Library, EntryPoint = "dds_delete_qos")]
    public static partial void DeleteQos(nint qos);

    [LibraryImport(Library, EntryPoint = "dds_free")]
    public static partial void Free(nint memory);

    [LibraryImport(Library, EntryPoint = "dds_qget_userdata")]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool GetUserData(nint qos, out nint data, out nuint length);

    [LibraryImport(Library, EntryPoint = "dds_qset_userdata")]
    public static partial void SetUserData(nint qos, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "dds_qset_writer_data_lifecycle")]
    public static partial void SetWriterDataLifecycle(nint qos, [MarshalAs(UnmanagedType.U1)] bool disposesOnUnregister);

    [LibraryImport(Library, EntryPoint = "dds_qset_reliability")]
    public static partial void SetReliability(nint qos, int kind, long maxBlocking);

    [LibraryImport(Library, EntryPoint = "dds_qset_durability")]
    public static partial void SetDurability(nint qos, int kind);

    [LibraryImport(Library, EntryPoint = "dds_qset_durability_service")]
    public static partial void SetDurabilityService(nint qos, long cleanupDelay, int historyKind, int depth, int maxSamples, int maxInstances, int maxSamplesPerInstance);

    [LibraryImport(Library, EntryPoint = "dds_qset_history")]
    public static partial void SetHistory(nint qos, int kind, int depth);

    [LibraryImport(Library, EntryPoint = "dds_qset_lifespan")]
    public static partial void SetLifespan(nint qos, long duration);

    [LibraryImport(Library, EntryPoint = "dds_qset_deadline")]
    public static partial void SetDeadline(nint qos, long duration);

    [LibraryImport(Library, EntryPoint = "dds_qset_liveliness")]
    public static partial void SetLiveliness(nint qos, int kind, long leaseDuration);

    [LibraryImport(Library, EntryPoint = "ddsi_sertype_init_flags", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void InitializeSertype(nint sertype, string typeName, nint sertypeOperations, nint serdataOperations, uint flags);

    [LibraryImport(Library, EntryPoint = "ddsi_sertype_fini")]
    public static partial void FinalizeSertype(nint sertype);

    [LibraryImport(Library, EntryPoint = "ddsi_sertype_unref")]
    public static partial void ReleaseSertype(nint sertype);

    [LibraryImport(Library, EntryPoint = "ddsi_serdata_init")]
    [SuppressGCTransition]
    public static partial void InitializeSerdata(nint serdata, nint sertype, int kind);

    [LibraryImport(Library, EntryPoint = "ddsi_serdata_unref")]
    public static partial void ReleaseSerdata(nint serdata);

    [LibraryImport(Library, EntryPoint = "ddsi_serdata_ref")]
    [SuppressGCTransition]
    public static partial nint AddSerdataReference(nint serdata);

    [LibraryImport(Library, EntryPoint = "dds_alloc")]
    public static partial nint Allocate(nuint size);

    /// <summary>What a negative return value says.</summary>
    public static string Describe(int code) => Marshal.PtrToStringUTF8(DescribeReturnCode(code)) ?? $"error {code}";
}
