import Image from "next/image";

export default function Home() {
  return (
    <>
      <h1>Home</h1>
      <Image src="/square.png" alt="A square" width={64} height={64} loading="eager" />
    </>
  );
}
