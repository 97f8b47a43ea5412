using System.Reflection;
using System.Reflection.Emit;
using Xunit;

namespace HermiTux.Tests;

/// <summary>The arrows of docs/architecture.md, checked on the compiled code: signatures, fields and method bodies.</summary>
public sealed class ArchitectureTests
{
    private const string Abi = "HermiTux.Abi";

    // What each layer of Core may name besides itself. A trailing dot allows nested namespaces.
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["HermiTux.Memory"] = [Abi, "HermiTux.Memory"],
        ["HermiTux.Cpu"] = [Abi, "HermiTux.Memory", "HermiTux.Cpu"],
        ["HermiTux.Devices"] = [Abi, "HermiTux.Memory", "HermiTux.Devices"],
        ["HermiTux.Kernel"] = [Abi, "HermiTux.Memory", "=HermiTux.Cpu", "HermiTux.Devices", "HermiTux.Kernel"],
        ["HermiTux.Loader"] = [Abi, "HermiTux.Memory", "=HermiTux.Cpu", "HermiTux.Devices", "HermiTux.Kernel", "HermiTux.Loader"],
        ["HermiTux.Syscalls"] = [Abi, "HermiTux.Memory", "=HermiTux.Cpu", "HermiTux.Devices", "HermiTux.Kernel", "HermiTux.Loader", "HermiTux.Syscalls"],
    };

    private static readonly Dictionary<short, OpCode> s_opCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => o.Value);

    public static TheoryData<string> Layers => [.. s_allowed.Keys];

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_layer_names_only_what_is_below_it(string layer)
    {
        string[] allowed = s_allowed[layer];
        string[] violations =
        [
            .. from type in typeof(Unikernel).Assembly.GetTypes()
               where IsIn(type.Namespace, layer)
               from used in References(type).Distinct()
               where used.Namespace?.StartsWith("HermiTux", StringComparison.Ordinal) == true && !allowed.Any(a => Matches(used.Namespace, a))
               select $"{type.FullName} names {used.FullName}",
        ];
        Assert.Empty(violations);
    }

    [Fact]
    public void Only_hosting_knows_the_service_provider()
    {
        string[] violations =
        [
            .. from type in typeof(Unikernel).Assembly.GetTypes()
               where s_allowed.Keys.Any(layer => IsIn(type.Namespace, layer))
               from used in References(type).Distinct()
               where used == typeof(IServiceProvider) || used.Namespace is "Microsoft.Extensions.DependencyInjection" or "Microsoft.Extensions.Options"
               select $"{type.FullName} names {used.FullName}",
        ];
        Assert.Empty(violations);
    }

    [Fact]
    public void Core_names_no_engine_package() =>
        Assert.DoesNotContain(typeof(Unikernel).Assembly.GetReferencedAssemblies(), a => a.Name is "HermiTux.Kvm" or "HermiTux.Samples");

    [Fact]
    public void The_abi_depends_on_nothing_of_ours() =>
        Assert.DoesNotContain(typeof(HermiTux.Abi.Errno).Assembly.GetReferencedAssemblies(), a => a.Name!.StartsWith("HermiTux", StringComparison.Ordinal));

    private static bool IsIn(string? name, string layer) => name == layer || name?.StartsWith(layer + ".", StringComparison.Ordinal) == true;

    private static bool Matches(string name, string rule) => rule[0] == '=' ? name == rule[1..] : IsIn(name, rule);

    private static IEnumerable<Type> References(Type type)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        IEnumerable<Type?> direct = [type.BaseType, .. type.GetInterfaces(), .. type.GetFields(All).Select(f => f.FieldType)];
        IEnumerable<MethodBase> methods = [.. type.GetMethods(All), .. type.GetConstructors(All)];
        return direct.Concat(methods.SelectMany(OfMethod)).Where(t => t is not null).SelectMany(t => Unfold(t!));
    }

    private static IEnumerable<Type?> OfMethod(MethodBase method)
    {
        foreach (ParameterInfo parameter in method.GetParameters())
        {
            yield return parameter.ParameterType;
        }

        yield return (method as MethodInfo)?.ReturnType;
        MethodBody? body = method.GetMethodBody();
        if (body is null)
        {
            yield break;
        }

        foreach (LocalVariableInfo local in body.LocalVariables)
        {
            yield return local.LocalType;
        }

        foreach (Type used in OfCode(method, body.GetILAsByteArray()!))
        {
            yield return used;
        }
    }

    /// <summary>The types that the tokens of a method's instructions name.</summary>
    private static IEnumerable<Type> OfCode(MethodBase method, byte[] code)
    {
        Type[] typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : [];
        Type[] methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : [];
        for (int i = 0; i < code.Length;)
        {
            short value = code[i] == 0xFE ? (short)(0xFE00 | code[i + 1]) : code[i];
            OpCode opCode = s_opCodes[value];
            i += opCode.Size;
            switch (opCode.OperandType)
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok:
                    MemberInfo? member = method.Module.ResolveMember(BitConverter.ToInt32(code, i), typeArguments, methodArguments);
                    if ((member as Type ?? member?.DeclaringType) is { } used)
                    {
                        yield return used;
                    }

                    i += 4;
                    break;
                case OperandType.InlineSwitch:
                    i += 4 + (4 * BitConverter.ToInt32(code, i));
                    break;
                default:
                    i += opCode.OperandType switch
                    {
                        OperandType.InlineNone => 0,
                        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                        OperandType.InlineVar => 2,
                        OperandType.InlineI8 or OperandType.InlineR => 8,
                        _ => 4,
                    };
                    break;
            }
        }
    }

    /// <summary>A type with its element and generic argument types.</summary>
    private static IEnumerable<Type> Unfold(Type type)
    {
        if (type.HasElementType)
        {
            return Unfold(type.GetElementType()!);
        }

        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Unfold).Prepend(type) : [type];
    }
}
