using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SimulationManager.Replay;

/// <summary>
/// The type and the payloads of messages whose bytes are passed on as they are, as ROS's own middleware does it for its types: tables of functions
/// (<c>struct ddsi_sertype_ops</c> and <c>struct ddsi_serdata_ops</c> of Cyclone DDS 0.10) in memory that is never moved. Readers of this type take the bytes as they come, too.
/// </summary>
internal static unsafe class RawCdr
{
    /// <summary>Bytes of the encapsulation header that every payload begins with.</summary>
    public const int HeaderLength = 4;

    private const int KindOfKey = 1;
    private const int KindOfData = 2;

    /// <summary>Bytes of the longest message that is taken; longer ones are dropped.</summary>
    private const int LongestSample = 256 * 1024 * 1024;

    /// <summary>Bytes of <c>struct nn_rmsg</c>, behind which the packet is.</summary>
    private const int PacketHeaderLength = 48;

    private const uint NoKey = 1;
    private const uint Xcdr1 = 1;

    private static readonly nint s_sertypeOperations = (nint)NativeMemory.AllocZeroed((nuint)sizeof(SertypeOperations));
    private static readonly nint s_serdataOperations = (nint)NativeMemory.AllocZeroed((nuint)sizeof(SerdataOperations));

    /// <summary>Fills the tables, and finds out whether the library writes our types and samples where we do.</summary>
    /// <param name="library">The library.</param>
    /// <returns>What is not as it ought to be; null when all is.</returns>
    public static string? Check(nint library)
    {
        foreach (var name in new[] { "ddsi_sertype_v0", "ddsi_sertype_init_flags", "ddsi_serdata_init", "ddsi_serdata_ref", "ddsi_serdata_unref", "dds_writecdr", "dds_takecdr", "dds_free" })
        {
            if (!NativeLibrary.TryGetExport(library, name, out _)) return $"the library has no function {name}";
        }
        FillTables(library);
        // Room for more than there ought to be: what is written beyond shows that the layout is another one.
        const int room = 512;
        const byte untouched = 0xa5;
        var type = (byte*)NativeMemory.Alloc(room);
        var data = (byte*)NativeMemory.Alloc(room);
        try
        {
            new Span<byte>(type, room).Fill(untouched);
            new Span<byte>(data, room).Fill(untouched);
            DdsNative.InitializeSertype((nint)type, "layout::check_", s_sertypeOperations, s_serdataOperations, NoKey);
            var sertype = (Sertype*)type;
            var isAsExpected = sertype->Operations == s_sertypeOperations && sertype->SerdataOperations == s_serdataOperations && (sertype->Flags & 7) == NoKey
                && sertype->AllowedRepresentations == 5 && sertype->Domain == 0 && sertype->References == 1 && sertype->Base == 0 && sertype->WrappedTopic == 0
                && new Span<byte>(type, room)[sizeof(Sertype)..].IndexOfAnyExcept(untouched) < 0 && Marshal.PtrToStringUTF8(sertype->TypeName) == "layout::check_";
            if (!isAsExpected) return "the library's type descriptions are laid out in another way than those of version 0.10";
            DdsNative.InitializeSerdata((nint)data, (nint)type, KindOfData);
            var serdata = (Serdata*)data;
            isAsExpected = serdata->Operations == s_serdataOperations && serdata->References == 1 && serdata->Kind == KindOfData && serdata->Type == (nint)type
                && new Span<byte>(data, room)[(int)Marshal.OffsetOf<Serdata>(nameof(Serdata.Size))..].IndexOfAnyExcept(untouched) < 0;
            if (!isAsExpected) return "the library's samples are laid out in another way than those of version 0.10";
            DdsNative.FinalizeSertype((nint)type);
            return null;
        }
        finally
        {
            NativeMemory.Free(type);
            NativeMemory.Free(data);
        }
    }

    /// <summary>A new type, referenced once.</summary>
    /// <param name="name">Its DDS name.</param>
    public static nint CreateType(string name)
    {
        var sertype = (Sertype*)NativeMemory.AllocZeroed((nuint)sizeof(Sertype));
        DdsNative.InitializeSertype((nint)sertype, name, s_sertypeOperations, s_serdataOperations, NoKey);
        sertype->AllowedRepresentations = Xcdr1;
        return (nint)sertype;
    }

    /// <summary>A new sample with a copy of a payload, referenced once.</summary>
    /// <param name="type">The type that its writer's topic has.</param>
    /// <param name="payload">Encapsulation header and CDR.</param>
    public static nint CreateSample(nint type, ReadOnlySpan<byte> payload)
    {
        var serdata = Allocate(type, KindOfData, payload.Length);
        payload.CopyTo(new Span<byte>(PayloadOf(serdata), payload.Length));
        return (nint)serdata;
    }

    private static Serdata* Allocate(nint type, int kind, int size)
    {
        // What goes out is a multiple of four bytes long; those at the end are to be nobody's memory.
        var padded = (size + 3) & ~3;
        var serdata = (Serdata*)DdsNative.Allocate((nuint)(sizeof(Serdata) + padded));
        *serdata = default;
        DdsNative.InitializeSerdata((nint)serdata, type, kind);
        serdata->Size = (uint)size;
        new Span<byte>(PayloadOf(serdata), padded)[size..].Clear();
        return serdata;
    }

    /// <summary>A copy of the payload of a sample that a reader has taken.</summary>
    public static byte[] PayloadOf(nint serdata) => new ReadOnlySpan<byte>(PayloadOf((Serdata*)serdata), (int)((Serdata*)serdata)->Size).ToArray();

    private static byte* PayloadOf(Serdata* serdata) => (byte*)(serdata + 1);

    private static void FillTables(nint library)
    {
        *(SertypeOperations*)s_sertypeOperations = new SertypeOperations
        {
            Version = NativeLibrary.GetExport(library, "ddsi_sertype_v0"),
            Free = (nint)(delegate* unmanaged[Cdecl]<nint, void>)&FreeType,
            ZeroSamples = (nint)(delegate* unmanaged[Cdecl]<nint, nint, nuint, void>)&ZeroSamples,
            ReallocateSamples = (nint)(delegate* unmanaged[Cdecl]<nint*, nint, nint, nuint, nuint, void>)&ReallocateSamples,
            FreeSamples = (nint)(delegate* unmanaged[Cdecl]<nint, nint*, nuint, int, void>)&FreeSamples,
            IsEqual = (nint)(delegate* unmanaged[Cdecl]<nint, nint, byte>)&IsEqual,
            Hash = (nint)(delegate* unmanaged[Cdecl]<nint, uint>)&Hash,
        };
        *(SerdataOperations*)s_serdataOperations = new SerdataOperations
        {
            HasEqualKey = (nint)(delegate* unmanaged[Cdecl]<nint, nint, byte>)&IsEqual,
            GetSize = (nint)(delegate* unmanaged[Cdecl]<nint, uint>)&GetSize,
            FromNetwork = (nint)(delegate* unmanaged[Cdecl]<nint, int, Fragment*, nuint, nint>)&FromNetwork,
            FromMemory = (nint)(delegate* unmanaged[Cdecl]<nint, int, nuint, IoVector*, nuint, nint>)&FromMemory,
            FromKeyHash = (nint)(delegate* unmanaged[Cdecl]<nint, nint, nint>)&FromKeyHash,
            FromSample = (nint)(delegate* unmanaged[Cdecl]<nint, int, nint, nint>)&FromSample,
            Serialize = (nint)(delegate* unmanaged[Cdecl]<nint, nuint, nuint, byte*, void>)&Serialize,
            Reference = (nint)(delegate* unmanaged[Cdecl]<nint, nuint, nuint, IoVector*, nint>)&Reference,
            // The library's own functions do, and its threads need not enter the runtime for them: what follows the first argument is not looked at.
            Dereference = NativeLibrary.GetExport(library, "ddsi_serdata_unref"),
            Free = NativeLibrary.GetExport(library, "dds_free"),
            ToSample = (nint)(delegate* unmanaged[Cdecl]<nint, nint, nint, nint, byte>)&ToSample,
            ToUntyped = (nint)(delegate* unmanaged[Cdecl]<nint, nint>)&ToUntyped,
            UntypedToSample = (nint)(delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint, byte>)&UntypedToSample,
            Print = (nint)(delegate* unmanaged[Cdecl]<nint, nint, byte*, nuint, nuint>)&Print,
            GetKeyHash = (nint)(delegate* unmanaged[Cdecl]<nint, byte*, byte, void>)&GetKeyHash,
        };
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeType(nint type)
    {
        DdsNative.FinalizeSertype(type);
        NativeMemory.Free((void*)type);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ZeroSamples(nint type, nint samples, nuint count)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReallocateSamples(nint* samples, nint type, nint old, nuint oldCount, nuint count)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeSamples(nint type, nint* samples, nuint count, int operation)
    {
    }

    /// <summary>Types with the same name and tables are the same, and without a key all samples are of one instance.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsEqual(nint one, nint other) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static uint Hash(nint type) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static uint GetSize(nint serdata) => ((Serdata*)serdata)->Size;

    /// <summary>Puts a sample together from what came in one packet or several. Fragments may overlap; what does not fit together is dropped.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint FromNetwork(nint type, int kind, Fragment* fragment, nuint size)
    {
        if (size > LongestSample) return 0;
        var serdata = Allocate(type, kind, (int)size);
        var target = new Span<byte>(PayloadOf(serdata), (int)size);
        var filled = 0u;
        for (; fragment != null; fragment = fragment->Next)
        {
            if (fragment->End <= filled) continue;
            if (fragment->Start > filled || fragment->End > size) break;
            new ReadOnlySpan<byte>((byte*)fragment->Packet + PacketHeaderLength + fragment->PayloadOffset + (filled - fragment->Start), (int)(fragment->End - filled)).CopyTo(target[(int)filled..]);
            filled = fragment->End;
        }
        if (filled == size) return (nint)serdata;
        DdsNative.ReleaseSerdata((nint)serdata);
        return 0;
    }

    /// <summary>Is how samples get into another domain, or to a reader of another implementation of the type in this process.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint FromMemory(nint type, int kind, nuint count, IoVector* vectors, nuint size)
    {
        if (kind != KindOfData || size > int.MaxValue) return 0;
        var payload = new byte[size];
        var length = 0;
        for (nuint i = 0; i < count; i++)
        {
            var part = new ReadOnlySpan<byte>(vectors[i].Start, (int)Math.Min(vectors[i].Length, size - (nuint)length));
            part.CopyTo(payload.AsSpan(length));
            length += part.Length;
        }
        return CreateSample(type, payload);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint FromKeyHash(nint type, nint keyHash) => (nint)Allocate(type, KindOfKey, 0);

    /// <summary>Is asked for the key of the only instance, which no sample tells.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint FromSample(nint type, int kind, nint sample) => kind == KindOfKey ? (nint)Allocate(type, KindOfKey, 0) : 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Serialize(nint serdata, nuint offset, nuint length, byte* target) =>
        new ReadOnlySpan<byte>(PayloadOf((Serdata*)serdata) + offset, (int)length).CopyTo(new Span<byte>(target, (int)length));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Reference(nint serdata, nuint offset, nuint length, IoVector* vector)
    {
        *vector = new IoVector { Start = PayloadOf((Serdata*)serdata) + offset, Length = length };
        return DdsNative.AddSerdataReference(serdata);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte ToSample(nint serdata, nint sample, nint buffer, nint limit) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint ToUntyped(nint serdata)
    {
        var untyped = Allocate(((Serdata*)serdata)->Type, KindOfKey, 0);
        untyped->Type = 0;
        return (nint)untyped;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte UntypedToSample(nint type, nint serdata, nint sample, nint buffer, nint limit) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Print(nint type, nint serdata, byte* target, nuint size)
    {
        if (size > 0) *target = 0;
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void GetKeyHash(nint serdata, byte* target, byte forceMd5) => new Span<byte>(target, 16).Clear();

    /// <summary><c>struct ddsi_sertype</c>, with the field at its end that builds with shared memory have.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Sertype
    {
        public nint Operations;
        public nint SerdataOperations;
        public uint BaseHash;
        public uint Flags;
        public uint AllowedRepresentations;
        public nint TypeName;
        public nint Domain;
        public uint References;
        public nint Base;
        public nint WrappedTopic;
        public uint SharedMemorySize;
    }

    /// <summary><c>struct ddsi_serdata</c>, with the two fields at its end that builds with shared memory have; the payload's size, which is ours; and then the payload.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Serdata
    {
        public nint Operations;
        public uint Hash;
        public uint References;
        public int Kind;
        public nint Type;
        public long Timestamp;
        public uint StatusInfo;
        public long WrittenAt;
        public nint SharedMemoryChunk;
        public nint SharedMemorySubscriber;
        public uint Size;
    }

    /// <summary><c>struct nn_rdata</c>, as far as it is read: a part of a sample, and where it is in its packet.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Fragment
    {
        public nint Packet;
        public Fragment* Next;
        public uint Start;
        public uint End;
        public ushort SubmessageOffset;
        public ushort PayloadOffset;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary><c>struct ddsi_sertype_ops</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SertypeOperations
    {
        public nint Version;
        public nint Argument;
        public nint Free;
        public nint ZeroSamples;
        public nint ReallocateSamples;
        public nint FreeSamples;
        public nint IsEqual;
        public nint Hash;
        public nint TypeId;
        public nint TypeMap;
        public nint TypeInfo;
        public nint Derive;
        public nint GetSerializedSize;
        public nint SerializeInto;
    }

    /// <summary><c>struct ddsi_serdata_ops</c>, with the two fields at its end that builds with shared memory have.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SerdataOperations
    {
        public nint HasEqualKey;
        public nint GetSize;
        public nint FromNetwork;
        public nint FromMemory;
        public nint FromKeyHash;
        public nint FromSample;
        public nint Serialize;
        public nint Reference;
        public nint Dereference;
        public nint ToSample;
        public nint ToUntyped;
        public nint UntypedToSample;
        public nint Free;
        public nint Print;
        public nint GetKeyHash;
        public nint GetSampleSize;
        public nint FromSharedMemory;
    }
}
