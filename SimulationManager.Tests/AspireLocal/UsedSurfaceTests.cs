using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace SimulationManager.Tests.AspireLocal;

/// <summary>What the compiled AppHost, Api and Worker use of Aspire, member by member.</summary>
public sealed partial class UsedSurfaceTests
{
    // Members of the official types that are not extension methods, looked up one by one in the official packages' API listing (13.x).
    private static readonly HashSet<string> OfficialMembers =
    [
        "DistributedApplication.CreateBuilder",
        "DistributedApplication.Run",
        "IDistributedApplicationBuilder.get_Configuration",
        "IDistributedApplicationBuilder.get_ExecutionContext",
        "IDistributedApplicationBuilder.Build",
        "DistributedApplicationExecutionContext.get_IsRunMode",
        "DistributedApplicationExecutionContext.get_IsPublishMode",
        "EndpointAnnotation.get_Port",
        "EndpointReference.get_Port",
        "EndpointReference.get_Resource",
        "IResource.get_Name",
        "EndpointAnnotation.set_Port",
        "IProjectMetadata.get_ProjectPath",
        "NpgsqlEntityFrameworkCorePostgreSQLSettings.set_DisableHealthChecks",
        "NpgsqlEntityFrameworkCorePostgreSQLSettings.get_ConnectionString",
        "NpgsqlEntityFrameworkCorePostgreSQLSettings.set_ConnectionString",
        "NpgsqlEntityFrameworkCorePostgreSQLSettings.set_DisableRetry",
        "StackExchangeRedisSettings.set_DisableHealthChecks",
    ];

    [Theory]
    [InlineData("SimulationManager.AppHost")]
    [InlineData("SimulationManager.Api")]
    [InlineData("SimulationManager.Worker")]
    public void Compiled_project_uses_nothing_of_Aspire_that_the_official_packages_lack(string project)
    {
        var listed = ApiList.Read().SelectMany(signatures => signatures).Select(NameOf).ToHashSet();

        var used = UsedMembers(OutputOf(project));

        Assert.NotEmpty(used);
        Assert.Equal([], used.Where(member => !listed.Contains(member.Name)).Select(member => member.Full).Except(OfficialMembers));
    }

    private static string NameOf(string signature) => MethodName().Match(signature).Groups[1].Value;

    [GeneratedRegex(@"^[^(]*?\s(\w+)(?:<[^<>()]*>)?\(")]
    private static partial Regex MethodName();

    // Beside this test's own output, in the same configuration.
    private static string OutputOf(string project)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Repository.Root, project, "bin", own.Parent!.Name, own.Name, $"{project}.dll");
    }

    private static List<(string Name, string Full)> UsedMembers(string assembly)
    {
        using var file = File.OpenRead(assembly);
        using var portable = new PEReader(file);
        var metadata = portable.GetMetadataReader();
        return metadata.MemberReferences
            .Select(metadata.GetMemberReference)
            .Select(member => (Name: metadata.GetString(member.Name), Type: DeclaringType(metadata, member.Parent)))
            .Where(member => member.Type is { IsAspire: true } && member.Name != ".ctor")
            .Select(member => (member.Name, Full: $"{member.Type!.Value.Name}.{member.Name}"))
            .Distinct()
            .ToList();
    }

    private static (string Name, bool IsAspire)? DeclaringType(MetadataReader metadata, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeSpecification)
        {
            // A member of a generic type, IResourceBuilder<T>: its definition is the first type the signature names.
            var blob = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
            if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
                return null;
            blob.ReadByte();
            parent = blob.ReadTypeHandle();
        }
        if (parent.Kind != HandleKind.TypeReference)
            return null;
        var type = metadata.GetTypeReference((TypeReferenceHandle)parent);
        if (type.ResolutionScope.Kind != HandleKind.AssemblyReference)
            return null;
        var owner = metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name);
        var isAspire = owner.StartsWith("Aspire.", StringComparison.Ordinal) || owner.StartsWith("CommunityToolkit.Aspire.", StringComparison.Ordinal);
        return (metadata.GetString(type.Name), isAspire);
    }
}
